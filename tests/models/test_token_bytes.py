"""The bytes of any ids, joined, are the text that the tokenizer decodes, whatever way it writes its tokens."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerBase

from tests.models import tokenizers_at_hand as at_hand
from tui.core.tokens import join_text
from tui.models.base import CONTEXT
from tui.models.vocabulary import Vocabulary

CANINE_IDS = (*range(0x20, 0x250), *range(0xAC00, 0xAC80), 0xD800, *range(0xE000, 0xE006), 0x1F984)


class Opened:
    """A tokenizer of a kind, its vocabulary, and what it decodes."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.tokenizer: PreTrainedTokenizerBase = at_hand.MAKERS[kind](folder)
        self.ids = CANINE_IDS if kind == "canine" else range(len(self.tokenizer))
        width = 0x110000 if kind == "canine" else len(self.tokenizer)
        self.vocabulary = Vocabulary(self.tokenizer, width)

    def decoded(self, ids: Sequence[int]) -> str:
        return self.tokenizer.decode(list(ids), clean_up_tokenization_spaces=False, skip_special_tokens=False)

    def joined(self, ids: Sequence[int], start: int = 0) -> bytes:
        """The bytes of the ids from `start` on, each after those before it."""
        pieces = (self.vocabulary.piece(ids[at], ids[max(0, at - CONTEXT) : at]) for at in range(start, len(ids)))
        return b"".join(pieces)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory):
    return cache(lambda kind: Opened(kind, tmp_path_factory.mktemp("tokenizer")))


@pytest.mark.parametrize("kind", at_hand.MAKERS)
def test_any_ids_join_to_what_the_tokenizer_decodes(kind: str, opened) -> None:
    """But for bytes that are no UTF-8, half a word that a later token would continue, and half a surrogate pair."""
    tokens = opened(kind)

    @given(st.lists(st.sampled_from(list(tokens.ids)), min_size=1, max_size=12))
    def check(ids: list[int]) -> None:
        joined, decoded = tokens.joined(ids), tokens.decoded(ids)
        if kind in ("byt5", "perceiver"):
            assert joined.decode("utf-8", "ignore" if kind == "byt5" else "replace") == decoded
        elif kind == "canine":
            assert joined.decode("utf-8", "surrogatepass") == decoded
        elif kind == "ctrl":
            assert joined.decode() == decoded.removesuffix("@@")
        elif kind == "llama" and "\ufffd" in join_text([joined]):
            assert "\ufffd" in decoded  # one for each byte of a run that is no UTF-8; here one for each half character
        else:
            assert join_text([joined]) == decoded

    check()


@pytest.mark.parametrize("kind", sorted(at_hand.MAKERS.keys() - {"ctrl", "llama", "byt5", "perceiver"}))
def test_what_new_tokens_add_is_the_rest_of_the_whole_text(kind: str, opened) -> None:
    tokens = opened(kind)

    @given(st.lists(st.sampled_from(list(tokens.ids)), min_size=2, max_size=9), st.data())
    def check(ids: list[int], data: st.DataObject) -> None:
        start = data.draw(st.integers(1, len(ids) - 1))
        prompt, new = tokens.joined(ids[:start]), tokens.joined(ids, start)
        assert (prompt + new).decode("utf-8", "surrogatepass" if kind == "canine" else "replace") == tokens.decoded(ids)

    check()


@pytest.mark.parametrize(
    ("kind", "ids", "pieces"),
    [
        ("wordpiece", ["hello", "un", "##e", "!"], [b"hello", b" un", b"e", b"!"]),
        ("end of word", ["h", "e", "o</w>", "the</w>", "d"], [b"h", b"e", b"o", b" the", b" d"]),
        ("word-level", ["hello", "there"], [b"hello", b" there"]),
        ("llama", ["<s>", "▁ab", "▁a"], [b"<s>", b" ab", b" a"]),
        ("llama", ["▁ab", "▁a"], [b"ab", b" a"]),
        ("llama", ["<0xF0>", "<0x9F>", "a"], [b"\xf0", b"\x9f", b"a"]),
        ("ctc", ["a", "a", "<pad>", "a", "|", "b"], [b"a", b"", b"", b"a", b" ", b"b"]),
        ("ctrl", ["un@@", "able", "hello"], [b"un", b"able", b" hello"]),
    ],
)
def test_a_token_has_the_text_it_adds_where_it_stands(kind: str, ids: list[str], pieces: list[bytes], opened) -> None:
    tokens = opened(kind)
    numbers = [tokens.tokenizer.convert_tokens_to_ids(name) for name in ids]
    assert [tokens.vocabulary.piece(token, numbers[:at]) for at, token in enumerate(numbers)] == pieces


@pytest.mark.parametrize(("kind", "offset"), [("byt5", 3), ("perceiver", 6)])
def test_a_byte_tokenizers_tokens_are_bytes(kind: str, offset: int, opened) -> None:
    vocabulary = opened(kind).vocabulary
    assert [vocabulary.piece(offset + byte) for byte in range(256)] == [bytes([byte]) for byte in range(256)]
    assert (
        b"".join(vocabulary.piece(token) for token in vocabulary.encode("안", add_special_tokens=False))
        == "안".encode()
    )


def test_a_letter_of_another_alphabet_is_that_letter(opened) -> None:
    """`Ġ` is a blank only to a tokenizer that decodes it to one."""
    tokens = opened("word-level")
    tokens.tokenizer.add_tokens(["Ġa", "<0x41>", "▁a"])
    vocabulary = Vocabulary(tokens.tokenizer, len(tokens.tokenizer))
    names = tokens.tokenizer.convert_tokens_to_ids(["Ġa", "<0x41>", "▁a"])
    assert [vocabulary.piece(token, []).decode() for token in names] == ["Ġa", "<0x41>", "▁a"]


def test_a_token_is_found_by_the_text_it_has_inside_a_text(opened) -> None:
    vocabulary = opened("wordpiece").vocabulary
    assert vocabulary.piece(vocabulary.matches("hello", 1)[0]) == b" hello"
