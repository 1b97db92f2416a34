"""Views of a head: its candidates, the tail, and the token this seed would draw where that is certain."""

from __future__ import annotations

import math

import pytest

from tests.engine.walking import start
from tests.fake_model import fake_model
from tui.errors import InputError
from tui.protocol import PlotRequest, View, Viewed
from tui.widgets.plots.curves import Curve

WIDTH, HEAD = 28, 10


def look(given: dict[str, float] | None = None, head: int = HEAD, **asked: object) -> Viewed:
    model = fake_model(head=head)
    model.whole = True
    engine, at = start(model=model)
    return engine.view(View(slot="main", at=at, given=given or {}, **{"window": (0, WIDTH), **asked}))


def test_rows_end_where_the_telling_ends_and_the_tail_has_the_rest() -> None:
    view, whole = look(), look(head=WIDTH)
    assert [row.token for row in view.candidates] == [row.token for row in whole.candidates[:HEAD]]
    assert [row.raw for row in view.candidates] == pytest.approx([row.raw for row in whole.candidates[:HEAD]])
    assert (view.vocabulary, view.tail.told, view.tail.count) == (WIDTH, HEAD, WIDTH - HEAD)
    assert view.tail.mass == pytest.approx(sum(row.raw for row in whole.candidates[HEAD:]), abs=4e-6)
    assert [row.cumulative for row in view.candidates] == pytest.approx(
        [row.cumulative for row in whole.candidates[:HEAD]], rel=1e-4
    )


def test_what_is_decided_is_as_in_the_whole_view() -> None:
    given = {"top_k": 6, "top_p": 0.8}
    view, whole = look(given, draws=500), look(given, head=WIDTH, draws=500)
    assert (view.kept, view.would_draw, view.tail.undecided) == (whole.kept, whole.would_draw, "")
    assert view.kept_mass == pytest.approx(whole.kept_mass, rel=1e-4)
    assert view.entropy.final == pytest.approx(whole.entropy.final)
    assert [row.count for row in view.candidates] == [row.count for row in whole.candidates[:HEAD]]
    assert [row.removed_by for row in view.candidates] == [row.removed_by for row in whole.candidates[:HEAD]]
    assert [cut.left for cut in view.cuts] == [cut.left for cut in whole.cuts]


def test_what_is_not_decided_lies_between() -> None:
    given = {"temperature": 2.0, "top_p": 0.9}
    view, whole = look(given), look(given, head=WIDTH)
    assert (view.kept, view.would_draw, view.would) == (0, None, None)
    assert math.isnan(view.entropy.raw) and math.isnan(view.kept_mass)
    low, high = view.cuts[0].between
    assert low < whole.kept < high
    for row, real in zip(view.candidates, whole.candidates, strict=False):
        for span, number in zip(row.spans, (real.tempered, real.final, real.cumulative), strict=True):
            assert span.low < number < span.high
    assert view.tail.undecided.startswith("top-p 0.9 leaves")


def test_a_token_of_the_tail_is_found_without_a_rank() -> None:
    view, whole = look({"top_k": 3}), look(head=WIDTH)
    last = whole.candidates[-1]
    (found,) = look({"top_k": 3}, find=f"#{last.token}").found
    assert (found.rank, found.token, found.final, found.removed_by) == (0, last.token, 0.0, "top_k")
    assert math.isnan(found.raw) and found.spans[0].low <= last.tempered <= found.spans[0].high
    (known,) = look({"top_k": 3}, find=f"#{view.candidates[4].token}").found
    assert (known.rank, known.removed_by) == (5, "top_k")


def test_the_token_the_branch_goes_on_with_may_be_in_the_tail_and_must_be_in_the_vocabulary() -> None:
    last = look(head=WIDTH).candidates[-1]
    unseen = look({"top_k": 3}, follow=last.token).followed
    assert (unseen.rank, unseen.token, unseen.removed_by) == (0, last.token, "top_k")
    known = look({"top_k": 3}).candidates[4]
    assert look({"top_k": 3}, follow=known.token).followed == known
    with pytest.raises(InputError, match="There is no token 28"):
        look(follow=WIDTH)


def test_curves_end_at_the_last_one_told_and_never_say_too_much() -> None:
    plot = PlotRequest("cumulative", width=50)
    view, whole = look({"temperature": 1.7}, plot=plot), look({"temperature": 1.7}, head=WIDTH, plot=plot)
    told, all_ = Curve.of(view.plot, "tempered"), Curve.of(whole.plot, "tempered")
    assert told.ranks[-1] == HEAD
    real = dict(zip(all_.ranks, all_.values, strict=True))
    for rank, least in zip(told.ranks, told.values, strict=True):
        assert least <= real[rank] + 1e-6
    assert Curve.of(view.plot, "raw").values[-1] == pytest.approx(1 - view.tail.mass)


def test_a_window_of_rows_is_part_of_the_list() -> None:
    assert [row.rank for row in look(window=(4, 3)).candidates] == [5, 6, 7]
    assert [row.rank for row in look(window=(8, 30)).candidates] == [9, 10]
    assert look(window=(30, 5)).candidates == []


def test_asked_tokens_are_listed_in_their_order_those_of_the_tail_too() -> None:
    last, first = (look(head=WIDTH).candidates[at] for at in (-1, 0))
    listed = look({"top_k": 3}, tokens=[last.token, first.token]).listed
    assert [(row.rank, row.token) for row in listed] == [(0, last.token), (1, first.token)]
