"""The bytes of each id, whatever alphabet the tokenizer writes its tokens in."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
import tokenizers
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE, WordLevel
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from tui.core.tokens import decode_incrementally, join_text
from tui.errors import InputError
from tui.models.token_bytes import byte_alphabet
from tui.models.vocabulary import Vocabulary

GPT2_FOLDER = "SAMPLESCOPE_GPT2_TOKENIZER"
TEXTS = [
    "In a shocking finding, scientist discovered a herd of unicorns",
    "정확성과 다양성은 서로 trade-off관계가 있다.",
    "👩‍👩‍👧‍👦🏴‍☠️ naïve café 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \u202e‮ \x1b[31m\x00\t\r\n  two  blanks ",
    "Ġ ▁ <0x41> <|endoftext|> [/INST]",
]


def random_text(dice: random.Random) -> str:
    """Letters of any script, emoji, marks and controls; no lone surrogates, which are no text."""
    ranges = [
        (0x20, 0x7E),
        (0xAC00, 0xD7A3),
        (0x1F300, 0x1F6FF),
        (0x0, 0x1F),
        (0x300, 0x36F),
        (0x4E00, 0x9FFF),
        (0xA0, 0x24F),
    ]
    return "".join(chr(dice.randint(*dice.choice(ranges))) for _ in range(dice.randint(0, 40)))


# -- GPT-2's own tokenizer -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gpt2() -> PreTrainedTokenizerBase:
    folder = os.environ.get(GPT2_FOLDER)
    if not folder or not Path(folder).is_dir():
        pytest.skip(f"{GPT2_FOLDER} names no folder with GPT-2's tokenizer")
    return AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module")
def vocabulary(gpt2: PreTrainedTokenizerBase) -> Vocabulary:
    return Vocabulary(gpt2, 50_257)


def decoded(tokenizer: PreTrainedTokenizerBase, ids: list[int]) -> str:
    return tokenizer.decode(ids, clean_up_tokenization_spaces=False)


def test_every_one_of_gpt2s_tokens_has_the_bytes_the_tokenizer_decodes(
    gpt2: PreTrainedTokenizerBase, vocabulary: Vocabulary
) -> None:
    wrong = [t for t in range(50_257) if vocabulary.piece(t).decode("utf-8", "replace") != decoded(gpt2, [t])]
    assert wrong == []


def test_the_bytes_of_any_text_joined_are_that_text(gpt2: PreTrainedTokenizerBase, vocabulary: Vocabulary) -> None:
    dice = random.Random(1)
    for text in TEXTS + [random_text(dice) for _ in range(300)]:
        ids = vocabulary.encode(text)
        assert text == "" or b"".join(map(vocabulary.piece, ids)) == text.encode()


def test_any_ids_join_to_what_the_tokenizer_decodes(gpt2: PreTrainedTokenizerBase, vocabulary: Vocabulary) -> None:
    dice = random.Random(2)
    for _ in range(300):
        ids = [dice.randrange(50_256) for _ in range(dice.randint(1, 20))]
        pieces = [vocabulary.piece(token) for token in ids]
        assert join_text(pieces) == decoded(gpt2, ids)
        assert "".join(decode_incrementally(pieces)) == decoded(gpt2, ids)


def test_a_token_may_be_half_a_character(vocabulary: Vocabulary) -> None:
    pieces = [vocabulary.piece(token) for token in vocabulary.encode("🦄")]
    assert len(pieces) > 1
    assert b"".join(pieces) == b"\xf0\x9f\xa6\x84"


def test_only_the_end_of_text_is_special(vocabulary: Vocabulary) -> None:
    assert [token for token in range(50_257) if vocabulary.special(token)] == [50_256]
    assert vocabulary.piece(50_256) == b"<|endoftext|>"


def test_an_empty_prompt_is_one_bos(vocabulary: Vocabulary) -> None:
    assert vocabulary.encode("") == [50_256]


def test_a_token_is_found_by_its_text_best_match_first(vocabulary: Vocabulary) -> None:
    for wanted in (" unicorn", " Unicorn"):
        found = [vocabulary.piece(token) for token in vocabulary.matches(wanted, 10)]
        assert found[0].decode() == wanted
        assert all(b"unicorn" in piece.lower() for piece in found)
    assert vocabulary.piece(vocabulary.matches("unicorn", 1)[0]).lower() == b" unicorn"
    assert vocabulary.piece(vocabulary.matches(" ", 3)[0]) == b" "


# -- other kinds -----------------------------------------------------------------------------------------------------


def sentencepiece_like() -> PreTrainedTokenizerFast:
    """Llama's kind: `▁` for a blank, `<0x41>` for a byte no token has, specials in front."""
    specials = ["<unk>", "<s>", "</s>"]
    names = [*specials, *(f"<0x{byte:02X}>" for byte in range(256)), *"▁abcé", "▁a", "▁ab"]
    model = BPE(
        vocab={name: number for number, name in enumerate(names)},
        merges=[("▁", "a"), ("▁a", "b")], unk_token="<unk>", fuse_unk=True, byte_fallback=True,
    )  # fmt: skip
    backend = Tokenizer(model)
    backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="first")])
    return PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="</s>", unk_token="<unk>")


def test_a_sentencepiece_tokens_mark_is_a_blank_and_its_byte_tokens_are_bytes() -> None:
    tokenizer = sentencepiece_like()
    vocabulary = Vocabulary(tokenizer, len(tokenizer))
    pieces = [vocabulary.piece(token) for token in vocabulary.encode("ab é한🦄")]
    assert pieces[0] == b" ab"
    assert bytes([0xF0]) in pieces
    assert b"".join(pieces).decode() == " ab é한🦄"
    assert [vocabulary.piece(tokenizer.convert_tokens_to_ids(name)) for name in ("<0x00>", "<0xFF>", "é", "</s>")] == [
        b"\x00", b"\xff", "é".encode(), b"</s>",
    ]  # fmt: skip


def test_any_ids_of_a_sentencepiece_tokenizer_join_to_what_it_decodes() -> None:
    """The texts are equal but for a leading blank, which the tokenizer drops."""
    tokenizer = sentencepiece_like()
    vocabulary, dice = Vocabulary(tokenizer, len(tokenizer)), random.Random(3)
    letters = [token for token in range(len(tokenizer)) if token >= 259 or 0x20 <= token - 3 < 0x7F]
    for _ in range(200):
        ids = [dice.choice(letters) for _ in range(12)]
        text = join_text(map(vocabulary.piece, ids))
        assert decoded(tokenizer, ids) in (text, text.removeprefix(" "))


def test_bytes_that_are_no_text_stay_bytes() -> None:
    tokenizer = sentencepiece_like()
    vocabulary = Vocabulary(tokenizer, len(tokenizer))
    assert [vocabulary.piece(3 + byte) for byte in range(256)] == [bytes([byte]) for byte in range(256)]


def words(**names: int) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer(WordLevel(names, unk_token="a")))


def test_ids_beyond_the_tokenizer_and_holes_in_it_have_no_text_and_are_found_as_unused() -> None:
    vocabulary = Vocabulary(words(a=0, b=1, far=6), 9)
    assert [vocabulary.piece(token, []) for token in range(9)] == [b"a", b"b", b"", b"", b"", b"", b"far", b"", b""]
    assert [token for token in range(9) if vocabulary.special(token)] == [2, 3, 4, 5, 7, 8]
    assert vocabulary.matches("far", 5) == [6]
    assert vocabulary.matches("unused", 2) == [2, 3]


def test_added_tokens_have_the_text_they_decode_to_and_are_special_only_if_they_say_so() -> None:
    tokenizer = words(a=0, b=1)
    tokenizer.add_tokens(["Ġplain"])
    tokenizer.add_tokens([tokenizers.AddedToken("<end>", special=True)], special_tokens=True)
    tokenizer.add_special_tokens({"eos_token": "<end>"})
    vocabulary = Vocabulary(tokenizer, 4)
    assert [vocabulary.piece(token, []) for token in (2, 3)] == ["Ġplain".encode(), b"<end>"]
    assert [vocabulary.special(token) for token in range(4)] == [False, False, False, True]


def test_a_byte_level_alphabet_is_told_by_the_decoder_also_inside_a_sequence() -> None:
    names = {char: number for number, char in enumerate(byte_alphabet())}
    for decoder in (decoders.ByteLevel(), decoders.Sequence([decoders.Fuse(), decoders.ByteLevel()])):
        backend = Tokenizer(BPE(vocab=names, merges=[]))
        backend.pre_tokenizer, backend.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoder
        vocabulary = Vocabulary(PreTrainedTokenizerFast(tokenizer_object=backend), 256)
        assert b"".join(map(vocabulary.piece, vocabulary.encode("é 🦄\n"))) == "é 🦄\n".encode()


def test_the_byte_alphabet_has_every_byte_once() -> None:
    assert sorted(byte_alphabet().values()) == list(range(256))
    assert byte_alphabet()["Ġ"] == 0x20
    assert byte_alphabet()["Ċ"] == 0x0A


def test_a_prompt_of_nothing_without_a_bos_is_refused_with_a_remedy() -> None:
    tokenizer = words(a=0)
    tokenizer.backend_tokenizer.normalizer = normalizers.Strip()
    with pytest.raises(InputError, match=r"no BOS token.*Type a prompt"):
        Vocabulary(tokenizer, 1).encode("")


# -- finding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("#1", [1]), ("#9", []), ("#99999999999999999999999999", []), ("#²", []), ("#", [5]), ("nothing", []),
        ("cat", [0, 2, 1, 3]), ("Cat", [2, 0, 1, 3]), ("CAT", [0, 2, 1, 3]), (" cat", [0, 2, 1, 3]),
    ],
)  # fmt: skip
def test_finding_by_number_or_text(wanted: str, ids: list[int]) -> None:
    tokenizer = words(cat=0, catalogue=1, Cat=2, wildcat=3, dog=4, **{"#": 5})
    assert Vocabulary(tokenizer, 6).matches(wanted, 10) == ids


def test_no_more_are_found_than_asked_for() -> None:
    assert Vocabulary(words(cat=0, cats=1, catty=2), 3).matches("cat", 2) == [0, 1]
