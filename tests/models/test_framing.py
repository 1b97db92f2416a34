"""A prompt that begins with BOS twice or ends with EOS is told, and special tokens can be left out."""

from __future__ import annotations

import pytest

from tests.models.tokenizers_at_hand import framed
from tui.models.vocabulary import Vocabulary


@pytest.mark.parametrize(
    ("template", "text", "notes"),
    [
        ("<s> $A", "hello", []),
        ("<s> $A", "<s>hello", ["the prompt begins with <s> twice"]),
        ("$A </s>", "hello", ["the tokenizer ends the prompt with </s>"]),
        ("<s> $A </s>", "<s>hello", ["the prompt begins with <s> twice", "the tokenizer ends the prompt with </s>"]),
        ("<s> $A", "hello</s>", ["the prompt ends with </s>"]),
        ("<s> $A", "", []),
        ("<s> $A </s>", "", []),
    ],
)
def test_a_frame_that_is_not_expected_is_told(template: str, text: str, notes: list[str]) -> None:
    vocabulary = Vocabulary(framed(template), 200)
    assert vocabulary.notes(vocabulary.encode(text), plain=True) == notes


def test_without_special_tokens_there_is_no_frame() -> None:
    vocabulary = Vocabulary(framed(), 200)
    bare = vocabulary.encode("hello", add_special_tokens=False)
    assert vocabulary.encode("hello") == [1, *bare, 2]
    assert vocabulary.notes(bare, plain=False) == []


def test_sep_and_cls_are_such_a_frame_too() -> None:
    tokenizer = framed()
    tokenizer.cls_token, tokenizer.sep_token = tokenizer.bos_token, tokenizer.eos_token
    tokenizer.bos_token = tokenizer.eos_token = None
    vocabulary = Vocabulary(tokenizer, 200)
    assert vocabulary.notes(vocabulary.encode("<s>hello"), plain=True) == [
        "the prompt begins with <s> twice",
        "the tokenizer ends the prompt with </s>",
    ]


def test_ids_that_are_nobodys_text_are_told_without_blaming_the_tokenizer() -> None:
    assert Vocabulary(framed(), 200).notes([1, 1, 9, 2], plain=False) == [
        "the prompt begins with <s> twice",
        "the prompt ends with </s>",
    ]
