"""Views that compare two settings on one step: overlap, divergence and what only one of them keeps."""

from __future__ import annotations

import math

import pytest

from tests.engine.looking import CLOSE
from tests.engine.walking import WIDTH, start
from tui.core.settings import Given
from tui.errors import InputError
from tui.protocol import Compared, View, Viewed

PAIRS: list[tuple[Given, Given]] = [
    ({"temperature": 0.5, "top_k": 7}, {"top_k": 7}),
    ({"top_k": 4}, {"temperature": 2.0, "top_p": 0.9}),
    ({"top_k": 12}, {"top_k": 5}),
    ({"repetition_penalty": 1.8, "top_k": 9}, {"top_k": 9}),
    ({"do_sample": False}, {"top_k": 3}),
    ({"temperature": 2.0, "top_p": 0.8, "order": "llama.cpp"}, {"temperature": 2.0, "top_p": 0.8}),
]


def look(given: Given, **asked: object) -> Viewed:
    engine, at = start()
    return engine.view(View(slot="compare.2", at=at, given=given, window=(0, WIDTH), **asked))


def by_hand(given: Given, against: Given) -> Compared:
    """From the lists of both settings, by the definitions."""
    here, there = ({row.token: row.final for row in look(each).candidates} for each in (given, against))
    kept, others = ({token for token, final in each.items() if final} for each in (here, there))
    inside = not kept - others
    bits = sum(here[token] * math.log2(here[token] / there[token]) for token in kept) if inside else math.inf
    return Compared(len(kept & others) / len(kept | others), bits, len(kept - others))


@pytest.mark.parametrize(("given", "against"), PAIRS)
def test_the_numbers_are_those_of_the_two_lists(given: Given, against: Given) -> None:
    for one, other in ((given, against), (against, given)):
        found, expected = look(one, against=other).compared, by_hand(one, other)
        assert found.overlap == pytest.approx(expected.overlap)
        assert found.divergence == pytest.approx(expected.divergence, **CLOSE)
        assert found.only_here == expected.only_here


def test_settings_do_not_differ_from_themselves() -> None:
    assert look({"top_k": 5}, against={"top_k": 5}).compared == Compared(1.0, 0.0, 0)


def test_nothing_is_compared_where_nothing_was_asked() -> None:
    assert look({"top_k": 5}).compared is None


def test_settings_that_cannot_be_applied_are_refused_as_those_of_the_view_are() -> None:
    with pytest.raises(InputError, match="temperature"):
        look({}, against={"temperature": -1.0})


def test_asked_tokens_are_listed_in_the_order_in_which_they_were_asked_for() -> None:
    rows = look({"top_k": 4}).candidates
    wanted = [rows[9], rows[0], rows[3]]
    assert look({"top_k": 4}, tokens=[row.token for row in wanted]).listed == wanted
    with pytest.raises(InputError, match="There is no token 28"):
        look({}, tokens=[WIDTH])
