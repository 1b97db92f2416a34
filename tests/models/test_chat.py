"""Prompts through a tokenizer's own chat template: its special tokens are there once, and are marked special."""

from __future__ import annotations

import pytest
from transformers import AutoTokenizer

from tui.errors import InputError
from tui.models.loading import DEMO
from tui.models.vocabulary import Vocabulary

TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] + eos_token }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def vocabulary(template: str | None = TEMPLATE, **more: object) -> Vocabulary:
    """The demo model's tokenizer, which adds a BOS, with a chat template."""
    tokenizer = AutoTokenizer.from_pretrained(DEMO)
    tokenizer.chat_template = template
    for name, value in more.items():
        setattr(tokenizer, name, value)
    return Vocabulary(tokenizer, 8192)


def text_of(tokens: Vocabulary, ids: list[int]) -> str:
    return b"".join(tokens.piece(token) for token in ids).decode()


def test_the_template_is_what_the_model_gets() -> None:
    tokens = vocabulary()
    ids = tokens.encode_chat("Hello, unicorn.", "Be brief.")
    eos = tokens._tokenizer.eos_token
    bos = tokens._tokenizer.bos_token or ""
    assert text_of(tokens, ids) == f"{bos}<|system|>Be brief.{eos}<|user|>Hello, unicorn.{eos}<|assistant|>"
    assert [tokens.special(token) for token in ids].count(True) == 2 + bool(bos)


def test_without_a_system_prompt_there_is_no_such_message() -> None:
    tokens = vocabulary()
    assert "system" not in text_of(tokens, tokens.encode_chat("Hello", ""))


def test_no_special_token_is_added_to_those_of_the_template(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = vocabulary()
    asked = []
    real = type(tokens._tokenizer).__call__
    monkeypatch.setattr(
        type(tokens._tokenizer), "__call__", lambda self, *args, **kw: asked.append(kw) or real(self, *args, **kw)
    )
    tokens.encode_chat("Hello", "")
    assert asked[-1]["add_special_tokens"] is False


def test_without_a_template_it_is_refused() -> None:
    with pytest.raises(InputError, match="no chat template"):
        vocabulary(None).encode_chat("Hello", "")


def test_a_template_that_refuses_says_why() -> None:
    refusing = "{{ raise_exception('System role not supported') }}"
    with pytest.raises(InputError, match="refuses this: System role not supported"):
        vocabulary(refusing).encode_chat("Hello", "Be brief.")
