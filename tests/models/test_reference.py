"""The model's processors and stop strings come from generate() itself, and are cached."""

from __future__ import annotations

import pytest

from tests.models.tiny import PROMPT, source
from tui.models import reference
from tui.models.base import Reference


@pytest.fixture
def llama(monkeypatch: pytest.MonkeyPatch) -> Reference:
    """The reference of a tiny Llama whose generation_config suppresses two tokens."""
    model = source("llama")
    monkeypatch.setattr(model._shared.model.generation_config, "suppress_tokens", [3, 4])
    return model.reference


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Records the prompts for which generate() was prepared."""
    prompts: list[list[int]] = []
    prepare = reference.prepare
    monkeypatch.setattr(
        reference, "prepare", lambda model, ids, arguments: prompts.append(list(ids)) or prepare(model, ids, arguments)
    )
    return prompts


def test_a_prompt_s_processors_are_built_once(llama: Reference, built: list[list[int]]) -> None:
    """Each step needs the processors, and views may alternate between two prompts."""
    for _ in range(3):
        for prompt in (PROMPT, [5, 6]):
            assert "suppress_tokens" in llama.model_processors(prompt, {"top_k": 7})
    assert built == [PROMPT, [5, 6]]


def test_processors_that_a_setting_moves_are_built_for_each(
    llama: Reference, built: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llama._shared.model.generation_config, "forced_eos_token_id", 17)
    forced = [
        llama.model_processors(PROMPT, {"max_new_tokens": length})["forced_eos_token_id"].max_length
        for length in (5, 9)
    ]
    assert forced == [len(PROMPT) + 5, len(PROMPT) + 9]
    assert len(built) == 3
