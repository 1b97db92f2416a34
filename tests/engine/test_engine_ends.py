"""Why a run ends, how a prompt is given up, and which requests are refused with which remedy."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from tests.engine.walking import WIDTH, by_hand, start, tokens, walk
from tests.fake_model import FakeReference, fake_model, opened
from tui.core.progress import quiet
from tui.core.settings import Given
from tui.core.story import ROOT
from tui.engine.engine import Engine
from tui.errors import InputError, RunError
from tui.protocol import Encode, Job, Prompt, Step, Stepped, View

# -- why a run ends --------------------------------------------------------------------------------------------------


def test_a_run_ends_at_eos_and_one_step_by_hand_goes_past_it() -> None:
    model, eos = fake_model(), frozenset(by_hand([0, 1], 4, 42, {"top_k": 50})[3:])
    model.info = replace(model.info, eos=eos)
    engine, tip = start(model=model)
    nodes, ended = walk(engine, tip, count=None)
    assert (ended.reason, nodes[-1].token in eos) == ("eos", True)
    assert len(nodes) == next(i for i, t in enumerate(by_hand([0, 1], 4, 42, {"top_k": 50}), 1) if t in eos)
    (past,), ended = walk(engine, ended.tip)
    assert (past.parent, ended.reason) == (nodes[-1].id, "count")


def test_a_run_ends_at_a_stop_string() -> None:
    model = fake_model()
    drawn = by_hand([0, 1], 4, 42, {"top_k": 50})
    model.reference = FakeReference(stop_string=(drawn[2], drawn[3]))
    engine, tip = start(model=model)
    nodes, ended = walk(engine, tip, count=50)
    assert (tokens(nodes), ended.reason) == (drawn, "stop_string")


def test_a_run_ends_after_max_new_tokens_counted_from_the_prompt() -> None:
    engine, tip = start()
    nodes, ended = walk(engine, tip, count=None, given={"max_new_tokens": 5})
    assert (len(nodes), ended.reason) == (5, "max_new_tokens")
    nodes, ended = walk(engine, nodes[2].id, count=None, given={"max_new_tokens": 5})
    assert (len(nodes), ended.reason) == (2, "max_new_tokens")
    assert len(walk(engine, ended.tip, count=1, given={"max_new_tokens": 5})[0]) == 1


def test_nobody_asked_for_a_length_gives_128() -> None:
    engine, tip = start()
    nodes, ended = walk(engine, tip, count=None)
    assert (len(nodes), ended.reason) == (128, "max_new_tokens")


def test_nothing_goes_past_the_context() -> None:
    engine, tip = start(model=fake_model(context=6))
    nodes, ended = walk(engine, tip, count=None)
    assert (len(nodes), ended.reason) == (4, "context")
    assert walk(engine, ended.tip, count=1) == ([], Stepped(id=0, tip=ended.tip, reason="context"))
    assert walk(engine, ended.tip, token=3)[1].reason == "context"


def test_a_full_context_can_still_be_looked_at() -> None:
    engine, tip = start(model=fake_model(context=3))
    _, ended = walk(engine, tip, count=1)
    assert engine.view(View(slot="main", at=ended.tip, window=(0, 1))).candidates


def test_stop_ends_a_run_within_one_step() -> None:
    model = fake_model()
    engine, tip = start(model=model)
    model.on_forward = lambda: engine.stop() if len(model.forwards) == 4 else None
    nodes, ended = walk(engine, tip, count=None)
    assert ended.reason == "stopped"
    assert len(model.forwards) == 4
    assert len(nodes) == 4
    assert walk(engine, ended.tip, count=2)[1].reason == "count"


# -- a prompt given up -----------------------------------------------------------------------------------------------


def test_a_long_prompt_shows_progress_and_can_be_given_up() -> None:
    model = fake_model()
    engine, tip = start(model=model)
    before, told = engine.revision, []

    def report(stage: str, done: float, total: float | None, unit: str) -> None:
        told.append((done, total, unit))
        if done >= 2:
            engine.stop()

    with pytest.raises(RunError, match="given up"):
        engine.prompt(Prompt(text="abcd"), report)
    assert told == [(0, 4, "tokens"), (1, 4, "tokens"), (2, 4, "tokens")]
    assert engine.revision == before
    assert tokens(walk(engine, tip, count=3)[0]) == by_hand([0, 1], 3, 42, {"top_k": 50})
    last = engine.prompt(Prompt(text="abcd"), quiet).nodes[-1]
    assert len(walk(engine, last.id, count=2)[0]) == 2


# -- what is refused -------------------------------------------------------------------------------------------------


def test_without_a_model_everything_asks_for_one() -> None:
    engine = Engine()
    for ask in (
        lambda: engine.prompt(Prompt(text="a"), quiet), lambda: engine.encode(Encode(text="a")),
        lambda: engine.view(View(slot="main", at=1)), lambda: list(engine.step(Step(at=1))),
    ):  # fmt: skip
        with pytest.raises(InputError, match=r"No model is open\. Open one first"):
            ask()
    assert engine.revision == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"temperature": 0.0}, "--temperature must be above 0.*--greedy"), ({"top_p": 1.5}, "--top-p must be above 0"),
        ({"top_k": -1}, "--top-k must be"), ({"nonsense": 1}, "no parameter 'nonsense'. Known: .*temperature"),
    ],
)  # fmt: skip
def test_a_parameter_out_of_range_is_refused_with_a_remedy(given: Given, message: str) -> None:
    engine, tip = start()
    for ask in (lambda: walk(engine, tip, given=given), lambda: engine.view(View(slot="main", at=tip, given=given))):
        with pytest.raises(InputError, match=message):
            ask()
    assert engine.revision == 2


def test_a_temperature_that_overflows_is_refused_and_nothing_is_lost() -> None:
    engine, tip = start()
    for ask in (
        lambda: walk(engine, tip, given={"temperature": 1e-40}),
        lambda: engine.view(View(slot="main", at=tip, given={"temperature": 1e-40})),
    ):
        with pytest.raises(RunError, match=r"1e-40 is so small that scores overflow.*--greedy"):
            ask()
    assert len(walk(engine, tip)[0]) == 1


@pytest.mark.parametrize("at", [ROOT, 3, -1])
def test_a_step_from_no_node_is_refused(at: int) -> None:
    engine, _ = start()
    with pytest.raises(InputError, match=f"no node {at}"):
        walk(engine, at)


@pytest.mark.parametrize("ids", [[], [28], [0, -1], [10**9]])
def test_ids_that_no_token_has_are_refused(ids: list[int]) -> None:
    engine, _ = opened(fake_model())
    with pytest.raises(InputError, match="Ids go from 0 to 27"):
        engine.prompt(Prompt(ids=ids), quiet)
    assert engine.revision == 0


def test_a_token_that_does_not_exist_cannot_be_taken() -> None:
    engine, tip = start()
    with pytest.raises(InputError, match="There is no token 28"):
        walk(engine, tip, token=28)


def test_a_prompt_longer_than_the_context_is_refused() -> None:
    engine, _ = opened(fake_model(context=3))
    with pytest.raises(InputError, match="too long"):
        engine.prompt(Prompt(text="abcd"), quiet)
    assert engine.revision == 0


def test_a_row_that_is_not_finite_ends_the_run_where_it_stands() -> None:
    model = fake_model()
    first = by_hand([0, 1], 2, 42, {"top_k": 50})
    model.rows[(0, 1, *first)] = torch.full((WIDTH,), math.nan)
    engine, tip = start(model=model)
    with pytest.raises(RunError, match="28 of the model's 28 logits"):
        walk(engine, tip, count=5)
    assert engine.revision == 4


def test_jobs_run_by_name_and_an_unknown_one_names_those_there_are() -> None:
    engine, _ = opened(fake_model(), jobs={"count": lambda _engine, parameters, *_: {"n": parameters["n"]}})
    assert engine.job(Job(id=3, kind="count", parameters={"n": 5}), quiet).result == {"n": 5}
    with pytest.raises(InputError, match=r"no experiment 'sweep'\. Known: count"):
        engine.job(Job(kind="sweep"), quiet)
