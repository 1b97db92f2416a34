"""An engine whose server sends only the best N: what it draws, what it refuses and why, what it records."""

from __future__ import annotations

import json
import math

import pytest
import torch

from tests.engine.walking import start, tokens, walk
from tests.fake_model import FakeModel, fake_model
from tui.core.records import dumps
from tui.core.story import How
from tui.errors import RunError
from tui.experiments.run import step_records
from tui.protocol import Compared, Step, View

WIDTH, HEAD = 28, 10


def whole() -> FakeModel:
    """An engine whose server sends every log-probability."""
    model = fake_model(head=WIDTH)
    model.whole = True
    return model


@pytest.mark.parametrize(
    "given",
    [
        {"top_k": HEAD - 1},
        {"top_k": 4, "temperature": 2.5},
        {"top_p": 0.3},
        {"min_p": 0.3, "temperature": 0.7},
        {"top_k": 6, "top_p": 0.8, "typical_p": 0.7},
        {"top_k": 5, "repetition_penalty": 1.4},
        {"epsilon_cutoff": 0.09},
        {"do_sample": False},
    ],
    ids=str,
)
def test_a_run_is_the_one_the_whole_rows_give(given: dict[str, float]) -> None:
    for seed in range(5):
        engine, at = start(model=fake_model(head=HEAD))
        other, there = start(model=whole())
        mine, _ = walk(engine, at, given=given, seed=seed, count=12)
        theirs, _ = walk(other, there, given=given, seed=seed, count=12)
        assert tokens(mine) == tokens(theirs)
        assert [node.kept for node in mine] == [node.kept for node in theirs]
        assert [node.final for node in mine] == [node.final for node in theirs]
        assert [node.rank for node in mine] == [node.rank for node in theirs]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Nothing is cut: any of 28 tokens may come next. The server tells 10; all would be needed."),
        ({"top_k": 20}, "top-k 20 leaves 20 to 28 tokens. The server tells 10; at least 20 would be needed."),
        ({"top_k": 10}, r"top-k 10 leaves 10 to 1\d tokens. The server tells 10; at least 11 would be needed."),
        ({"top_p": 0.999}, r"top-p 0.999 leaves 1\d to 2\d tokens. The server tells 10; at least 1\d would be needed."),
        ({"typical_p": 0.5}, "What typical-p 0.5 keeps depends on tokens that are not told."),
        ({"top_k": 0, "temperature": 2.0}, "Nothing is cut: any of 28 tokens may come next."),
    ],
    ids=str,
)
def test_where_the_kept_set_is_not_certain_a_line_says_why_and_what_would_decide_it(given, said) -> None:
    engine, at = start(model=fake_model(head=HEAD))
    with pytest.raises(RunError, match=said) as refused:
        walk(engine, at, given=given, count=1)
    assert refused.value.remedy == "A top-k of 9 or less decides it."
    nodes, _ = walk(engine, at, given=given | {"top_k": 9}, count=3)
    assert len(nodes) == 3


def test_top_h_looks_at_the_best_hundred_and_says_to_do_without() -> None:
    engine, at = start(model=fake_model(head=HEAD))
    with pytest.raises(RunError, match=r"top-h 0\.5 leaves 1 to 28 tokens") as refused:
        walk(engine, at, given={"top_h": 0.5, "top_k": 3}, count=1)
    assert refused.value.remedy == "Without top-h a top-k of 9 or less decides it."


def test_a_tie_with_the_last_one_told_may_go_on_unseen() -> None:
    row = torch.tensor([0.3, 0.2, 0.2, 0.1, 0.1, 0.1]).log()
    model = fake_model(width=6, head=4)
    model.rows[(0, 1)] = row.masked_fill(torch.tensor([False, False, False, False, True, True]), math.nan)
    engine, at = start(model=model)
    assert walk(engine, at, given={"top_k": 2}, count=1)[0][0].kept == 3
    with pytest.raises(RunError, match="top-k 4 leaves 4 to 6 tokens"):
        walk(engine, at, given={"top_k": 4}, count=1)


@pytest.mark.parametrize("given", [{}, {"top_k": 3}, {"typical_p": 0.5}, {"temperature": 3.0}], ids=str)
def test_any_token_can_be_taken_by_hand(given: dict[str, float]) -> None:
    engine, at = start(model=fake_model(head=HEAD))
    view = engine.view(View(slot="main", at=at, window=(0, 28)))
    told = [row.token for row in view.candidates]
    unseen = next(token for token in range(WIDTH) if token not in told)
    (taken,), ended = walk(engine, at, given=given, token=unseen)
    assert (taken.how, taken.rank, ended.reason) == (How.CHOSEN, 0, "taken")
    assert math.isnan(taken.raw) and math.isnan(taken.surprisal)
    assert taken.final == 0.0 if "top_k" in given else math.isnan(taken.final)
    (best,), _ = walk(engine, at, given=given, token=told[0])
    assert (best.rank, best.raw) == (1, view.candidates[0].raw)
    assert best.surprisal == pytest.approx(-math.log2(best.raw))


def test_a_row_that_is_told_whole_is_an_ordinary_one() -> None:
    engine, at = start(model=whole())
    assert engine.view(View(slot="main", at=at)).tail is None
    assert len(walk(engine, at, given={}, count=2)[0]) == 2


def test_a_row_of_nothing_is_refused() -> None:
    model = fake_model(head=HEAD)
    model.rows[(0, 1)] = torch.full((WIDTH,), math.nan)
    engine, at = start(model=model)
    with pytest.raises(RunError, match="told no log-probability at all"):
        walk(engine, at, count=1)


def test_a_runs_records_are_null_where_nothing_is_known() -> None:
    engine, at = start(model=fake_model(head=HEAD))
    given = {"top_k": 4, "temperature": 2.0}
    step, *_, end = [json.loads(dumps(record)) for record in _records(engine, at, given, 3)]
    assert end["reason"] == "count"
    assert (step["kept"], step["entropy_bits"], step["kept_mass"], step["tempered"]) == (4, None, None, None)
    assert step["cutoffs"] == {"top_k": {"alone": 4, "left": 4, "mass": None}}
    assert 0 < step["tail_mass"] < 1
    assert sum(row["final"] for row in step["candidates"]) == pytest.approx(1.0)
    assert step["tail_mass"] == pytest.approx(1 - sum(row["raw"] for row in step["candidates"]))
    assert [row["rank"] for row in step["candidates"]] == list(range(1, HEAD + 1))


def test_a_run_that_cannot_draw_ends_in_an_error_record() -> None:
    engine, at = start(model=fake_model(head=HEAD))
    (error,) = _records(engine, at, {"top_k": 0}, 3)
    assert (error["type"], error["kind"], error["remedy"]) == ("error", "run", "A top-k of 9 or less decides it.")


def _records(engine, at, given, count):
    return list(step_records(engine, Step(at=at, given=given, count=count), top=-1))


def test_settings_are_compared_where_the_head_decides_both_and_else_nothing_is_said() -> None:
    engine, at = start(model=fake_model(head=HEAD))

    def compared(given: dict[str, float], against: dict[str, float]) -> Compared | None:
        return engine.view(View(slot="compare.2", at=at, given=given, against=against)).compared

    decided = compared({"top_k": 4}, {"top_k": 8})
    assert (decided.overlap, decided.only_here) == (0.5, 0) and 0 < decided.divergence < math.inf
    undecided = {"temperature": 2.0, "top_p": 0.9}
    for pair in ((undecided, {"top_k": 4}), ({"top_k": 4}, undecided)):
        assert compared(*pair) == Compared(None, None, None)
