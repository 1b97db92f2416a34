"""The prompt's own tokens: one forward for all of them, what the model makes of each, and what the settings would."""

from __future__ import annotations

import math

import pytest
import torch

from tests.fake_model import FakeModel, fake_model, opened
from tests.models.tiny import PROMPT, source
from tui.core.progress import quiet
from tui.core.story import Node
from tui.engine.engine import Engine
from tui.errors import RunError
from tui.protocol import Open, Prompt, Step, View

FAMILIES = ("gpt2", "llama", "gemma2", "mamba2", "recurrent_gemma", "bart")


def engine_of(family: str) -> Engine:
    model = source(family)
    engine = Engine(load=lambda *_: model)
    engine.open(Open(), quiet)
    return engine


def read(model: FakeModel, text: str) -> tuple[Engine, list[Node]]:
    engine, _ = opened(model)
    return engine, engine.prompt(Prompt(text=text), quiet).nodes


@pytest.mark.parametrize("family", FAMILIES)
def test_inside_a_prompt_stands_what_the_model_says_there(family: str) -> None:
    """Compared with a prefill of each shorter prompt: the same but for the order of sums."""
    engine = engine_of(family)
    nodes = engine.prompt(Prompt(ids=PROMPT), quiet).nodes
    scored = engine.view(View(slot="prompt", at=nodes[-1].id, score=True)).scored
    assert [node.id for node in scored] == [node.id for node in nodes[1:]]
    for before, after in zip(nodes, scored, strict=False):
        inside = engine.view(View(slot="main", at=before.id, window=(0, 3)))
        assert inside.inside_prompt
        alone = engine_of(family)
        tip = alone.prompt(Prompt(ids=PROMPT[: before.position + 1]), quiet).nodes[-1].id
        theirs = alone.view(View(slot="main", at=tip, window=(0, 3)))
        assert [one.raw for one in inside.candidates] == pytest.approx([one.raw for one in theirs.candidates], abs=1e-4)
        raw = torch.softmax(alone.places.at(tip, {}).logits, -1)
        assert after.raw == pytest.approx(float(raw[after.token]), abs=1e-4)
        assert after.surprisal == pytest.approx(-math.log2(float(raw[after.token])), abs=1e-3)
        assert after.rank == pytest.approx(1 + int((raw > raw[after.token]).sum()), abs=1)


def test_one_forward_serves_every_place_of_a_prompt() -> None:
    engine, nodes = read(fake_model(), "abcdefg")
    for node in nodes[:-1]:
        engine.view(View(slot="main", at=node.id))
    assert engine.model.prompt_forwards == 1


def test_the_end_of_the_prompt_and_what_follows_stay_generates_own() -> None:
    engine = engine_of("llama")
    nodes = engine.prompt(Prompt(ids=PROMPT), quiet).nodes
    before = engine.view(View(slot="main", at=nodes[-1].id, window=(0, 300)))
    engine.view(View(slot="main", at=nodes[3].id))
    drawn = [node.token for node in engine.step(Step(at=nodes[-1].id, count=12, seed=3))]
    assert engine.view(View(slot="main", at=nodes[-1].id, window=(0, 300))).candidates == before.candidates
    assert not before.inside_prompt
    assert drawn == engine.model.reference.generate(PROMPT, {"max_new_tokens": 12}, 3)[len(PROMPT) :]


def test_a_token_drawn_inside_a_prompt_is_the_one_generate_draws_after_the_shorter_prompt() -> None:
    engine = engine_of("llama")
    nodes = engine.prompt(Prompt(ids=PROMPT), quiet).nodes
    assert engine.view(View(slot="main", at=nodes[3].id)).inside_prompt
    drawn = [node.token for node in engine.step(Step(at=nodes[3].id, count=5, seed=4))]
    assert drawn == engine.model.reference.generate(PROMPT[:4], {"max_new_tokens": 5}, 4)[4:]
    assert not engine.view(View(slot="main", at=nodes[3].id)).inside_prompt


def test_settings_that_would_not_have_drawn_a_token_of_the_prompt_are_named() -> None:
    engine, nodes = read(fake_model(), "abcdefg")
    engine.view(View(slot="prompt", at=nodes[-1].id, score=True))
    ids = [node.id for node in nodes]
    reached: dict[int, str] = {}
    while len(reached) < len(ids):
        left = [node for node in ids if node not in reached]
        reached |= engine.view(View(slot="reach", at=ids[-1], given={"top_k": 1}, reach=left)).reached
    ranks = {node.id: node.rank for node in engine.view(View(slot="prompt", at=ids[-1], score=True)).scored}
    assert reached == {ids[0]: ""} | {node: "" if rank == 1 else "top_k" for node, rank in ranks.items()}


def test_a_model_that_sees_what_comes_after_a_token_has_no_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, nodes = read(fake_model(), "abc")
    monkeypatch.setattr(type(engine.model), "prompt_logits", lambda *_: torch.eye(3, 28) * 9)
    with pytest.raises(RunError, match="another way than step by step"):
        engine.view(View(slot="main", at=nodes[0].id))


def test_a_server_is_asked_for_each_place_by_itself() -> None:
    engine, nodes = read(fake_model(head=10), "abcd")
    inside = engine.view(View(slot="main", at=nodes[1].id))
    assert not inside.inside_prompt and inside.tail is not None
    assert engine.view(View(slot="prompt", at=nodes[-1].id, score=True)).scored == []
