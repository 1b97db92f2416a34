"""The engine on tiny models: back and forward, branches, lost logits, and an engine that was killed."""

from __future__ import annotations

import pytest
import torch

from tests.models.tiny import PROMPT, model, source
from tests.parity.reference import rows_of
from tui.engine.engine import Engine
from tui.engine.kept_logits import LogitsStore
from tui.experiments.jobs import JOBS
from tui.protocol import Open, Prompt, Step, View

FAMILIES = (
    "gpt2", "llama", "qwen2", "qwen3", "gemma2", "gemma3", "mistral", "mixtral", "qwen3_moe", "mamba2", "falcon_h1",
    "recurrent_gemma",
)  # fmt: skip
GIVEN = {"top_k": 0, "top_p": 0.95}


def quiet(*_: object) -> None:
    return None


class Explorer:
    """An engine, and methods for what a person does with it."""

    def __init__(self, family: str, story: list | None = None, **options: object) -> None:
        self.family = family
        self.engine = Engine(load=lambda *_: source(family), jobs=JOBS)
        self.engine.open(Open(story=story or [], **options), quiet)

    def prompt(self) -> int:
        return self.engine.prompt(Prompt(ids=PROMPT), quiet).nodes[-1].id

    def step(self, at: int, count: int = 1, token: int | None = None) -> int:
        nodes = list(self.engine.step(Step(at=at, given=GIVEN, seed=4, count=count, token=token)))
        return nodes[-1].id

    def back(self, at: int, count: int) -> int:
        return self.engine.story.path(at)[-1 - count].id

    def tokens(self, at: int) -> list[int]:
        return [node.token for node in self.engine.story.path(at)]

    def walk(self) -> list[int]:
        """The tips of a small tree: 40 tokens, back 20, another token, 20 more, the first branch, 20 more."""
        first = self.step(self.prompt(), 40)
        middle = self.back(first, 20)
        other = self.step(middle, token=(self.tokens(first)[-20] + 1) % 300)
        return [self.step(other, 20), self.step(first, 20)]

    def wrong(self, tip: int) -> list[int]:
        """The positions on a branch whose logits differ in a bit from those of a fresh generate()."""
        path = self.engine.story.path(tip)[len(PROMPT) - 1 :]
        theirs = rows_of(model(self.family), PROMPT, [node.token for node in path[1:]])
        rows = [self.engine.places.at(node.id, GIVEN).logits for node in path]
        return [index for index, (a, b) in enumerate(zip(rows, theirs, strict=True)) if not torch.equal(a, b)]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_branch_has_the_rows_of_a_fresh_generate(family: str) -> None:
    explorer = Explorer(family)
    assert [explorer.wrong(tip) for tip in explorer.walk()] == [[], []]


@pytest.mark.parametrize("family", FAMILIES)
def test_step_back_step_draws_the_same_token(family: str) -> None:
    explorer = Explorer(family)
    tip = explorer.step(explorer.prompt(), 20)
    for count in (1, 2, 17):
        at = explorer.back(tip, count)
        assert explorer.step(at, count) == tip


@pytest.mark.parametrize("family", FAMILIES)
def test_a_killed_engine_comes_back_with_the_same_numbers_and_rows(family: str) -> None:
    explorer = Explorer(family)
    tips = explorer.walk()
    rows = {node.id: explorer.engine.places.at(node.id, GIVEN).logits for node in list(explorer.engine.story)[8:]}
    again = Explorer(family, story=list(explorer.engine.story))
    assert [node.id for node in again.engine.story] == [node.id for node in explorer.engine.story]
    for at in (tips[0], tips[1], explorer.back(tips[0], 21), explorer.back(tips[1], 1)):
        assert torch.equal(again.engine.places.at(at, GIVEN).logits, rows[at])
    assert again.tokens(again.step(tips[0], 5)) == explorer.tokens(explorer.step(tips[0], 5))
    assert again.step(tips[1]) > max(rows)
    assert [again.wrong(tip) for tip in tips] == [[], []]


@pytest.mark.parametrize("family", ["mistral", "gemma2", "mamba2", "falcon_h1", "recurrent_gemma"])
def test_rows_dropped_from_the_store_are_made_again(family: str) -> None:
    explorer = Explorer(family)
    tips = explorer.walk()
    explorer.engine.places._kept.clear()
    assert [explorer.wrong(tip) for tip in reversed(tips)] == [[], []]


@pytest.mark.parametrize("family", ["mistral", "mamba2"])
def test_rows_beyond_the_budget_come_back_from_the_file(family: str) -> None:
    """The budget is three times 300 logits."""
    explorer = Explorer(family, logits_budget=3 * 300 * 4)
    tips = explorer.walk()
    store: LogitsStore = explorer.engine.places._kept
    assert len(store._memory) <= 3 and len(store._on_disk) >= 75
    assert [explorer.wrong(tip) for tip in tips] == [[], []]


def test_two_prompts_side_by_side() -> None:
    explorer = Explorer("falcon_h1")
    first = explorer.step(explorer.prompt(), 10)
    other = explorer.engine.prompt(Prompt(ids=[*PROMPT[:3], 9]), quiet).nodes[-1].id
    explorer.step(other, 10)
    assert explorer.wrong(explorer.step(first, 10)) == []


@pytest.mark.parametrize("family", ["mistral", "mamba2", "recurrent_gemma"])
def test_looking_at_any_place_disturbs_nothing(family: str) -> None:
    explorer = Explorer(family)
    tip = explorer.step(explorer.prompt(), 30)
    explorer.engine.places._kept.clear()
    for count in (3, 29, 0, 12):
        viewed = explorer.engine.view(View(slot="main", at=explorer.back(tip, count), given=GIVEN, window=(0, 5)))
        assert len(viewed.candidates) == 5
    assert explorer.wrong(explorer.step(tip, 5)) == []


def test_a_setting_that_moves_the_forced_end_moves_it_at_once() -> None:
    """forced_eos_token_id forces EOS where max_new_tokens ends: no other model processor depends on a setting."""
    explorer = Explorer("llama")
    shared = explorer.engine.model._shared.model
    shared.generation_config.forced_eos_token_id = 17
    try:
        tip = explorer.step(explorer.prompt(), 4)
        kept = [
            explorer.engine.view(View(slot="main", at=tip, given={"top_k": 0, "max_new_tokens": length})).kept
            for length in (50, 5, 50)
        ]
    finally:
        shared.generation_config.forced_eos_token_id = None
    assert kept == [300, 1, 300]
