"""The model's processors and stop strings come from generate() itself, and are cached."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from transformers import WatermarkingConfig, WatermarkLogitsProcessor

from tests.models.tiny import PROMPT, source
from tui.core.progress import quiet
from tui.engine.engine import Engine
from tui.models import reference
from tui.models.base import Reference
from tui.protocol import Open, Prompt, Step, View

RUNS = 8


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


WATERMARK = {
    "greenlist_ratio": 0.3, "bias": 2.0, "hashing_key": 15485863, "seeding_scheme": "lefthash", "context_width": 1,
}  # fmt: skip


def test_a_view_beside_a_step_changes_nothing_about_a_processor_with_a_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watermark seeds its own generator at each call, and a slider asks for a view while the model steps."""
    model, callers, held = source("llama"), defaultdict(set), []  # held: the id of one that is gone may come again
    monkeypatch.setattr(model._shared.model.generation_config, "watermarking_config", WatermarkingConfig(**WATERMARK))
    called = WatermarkLogitsProcessor.__call__
    monkeypatch.setattr(
        WatermarkLogitsProcessor,
        "__call__",
        lambda self, *more: (held.append(self), callers[id(self)].add(threading.get_ident()), called(self, *more))[-1],
    )
    engine = Engine(load=lambda *_: model)
    engine.open(Open(), quiet)
    for seed in range(RUNS):
        given = {"top_k": 0, "max_new_tokens": 30}
        tip = engine.prompt(Prompt(ids=[seed, *PROMPT]), quiet).nodes[-1].id
        with sliding(engine, tip):
            ours = [node.token for node in engine.step(Step(at=tip, given=given, seed=seed, count=None))]
        assert ours == model.reference.generate([seed, *PROMPT], given, seed)[len(PROMPT) + 1 :], f"seed {seed}"
    assert len(callers) > RUNS and all(len(threads) == 1 for threads in callers.values())


@contextmanager
def sliding(engine: Engine, at: int) -> Iterator[None]:
    """Ask for views of one node on another thread, as fast as they come."""
    done, seen = threading.Event(), []

    def look() -> None:
        while not done.is_set():
            given = {"top_k": 0, "temperature": 0.5 + len(seen) % 20 / 10}
            seen.append(engine.view(View(slot="main", at=at, given=given, window=(0, 5))).would_draw)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    assert seen
