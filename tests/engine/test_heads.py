"""Distributions of a head: every bound holds the hidden truth, and a drawn token is the whole distribution's."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.engine.looking import place
from tests.oracle import settings_of
from tests.sampling.heads import IDS, Hidden, bits, hidden, inside
from tui.engine.decide import Distribution, distribution, draw, node_numbers
from tui.engine.head_chain import head_distribution
from tui.engine.heads import HeadDistribution
from tui.errors import RunError
from tui.sampling.draw import DrawStream


def both(case: Hidden) -> tuple[HeadDistribution, Distribution]:
    """The distributions of one place, from its head and from its whole vocabulary."""
    known = settings_of(**case.given)
    try:
        whole = distribution(place(case.whole, ids=IDS[0].tolist()), known, 42)
        head = head_distribution(place(case.head, ids=IDS[0].tolist()), known, 42)
    except RunError:
        assume(False)
    assert isinstance(head, HeadDistribution)
    return head, whole


@settings(max_examples=600, deadline=None)
@given(hidden())
def test_every_bound_holds_the_truth(case: Hidden) -> None:
    dist, truth = both(case)
    tail, ranked = dist.tail, dist.head.tokens
    unseen = torch.ones(len(case.whole), dtype=torch.bool).index_fill(0, ranked, False)
    assert tail.told + tail.count == len(case.whole)
    assert tail.mass == pytest.approx(float(truth.raw[0, unseen].double().sum()), abs=1e-5)
    assert inside(float(truth.tempered[0, unseen].double().sum()), tail.tempered.low, tail.tempered.high)
    assert tail.kept[0] <= truth.kept <= tail.kept[1]
    assert inside(truth.kept_mass, tail.kept_mass.low, tail.kept_mass.high)
    for probabilities, span in zip((truth.raw, truth.tempered, truth.final), tail.entropy, strict=True):
        assert inside(bits(probabilities), span.low, span.high, 2e-4)


@settings(max_examples=300, deadline=None)
@given(hidden())
def test_every_number_that_is_told_is_the_truth(case: Hidden) -> None:
    dist, truth = both(case)
    for mine, whole in ((dist.raw, truth.raw), (dist.tempered, truth.tempered), (dist.final, truth.final)):
        known = ~mine.isnan()
        assert torch.allclose(mine[known], whole[known], rtol=3e-4, atol=1e-6)
    if dist.kept:
        assert dist.kept == truth.kept
    for cut, real in zip(dist.cuts, truth.cuts, strict=True):
        assert cut.stage == real.stage
        low, high = cut.between or (cut.left, cut.left)
        assert low <= real.left <= high
        assert cut.alone in (0, real.alone)
        assert math.isnan(cut.mass) or inside(real.mass, cut.mass, cut.mass, 1e-4)


@settings(max_examples=300, deadline=None)
@given(hidden())
def test_every_rank_and_every_tokens_span_is_the_truth(case: Hidden) -> None:
    dist, truth = both(case)
    for token in dist.head.tokens.tolist():
        assert node_numbers(dist, token)["rank"] == node_numbers(truth, token)["rank"]
        span = dist.final_span(token)
        assert inside(float(truth.final[0, token]), span.low, span.high)
    unseen = int(case.head.isnan().nonzero()[0, 0])
    span = dist.final_span(unseen)
    assert inside(float(truth.final[0, unseen]), span.low, span.high)
    assert node_numbers(dist, unseen)["rank"] == 0


@settings(max_examples=600, deadline=None)
@given(hidden(), st.integers(0, 2**32))
def test_a_token_that_may_be_drawn_is_the_whole_rows(case: Hidden, seed: int) -> None:
    dist, truth = both(case)
    if dist.undecided is not None:
        with pytest.raises(RunError):
            draw(dist, DrawStream(seed, len(case.whole)), 0)
        return
    assert torch.equal(dist.final, truth.final)
    assert torch.equal(dist.applied.scores, truth.applied.scores)
    stream, other = (DrawStream(seed, len(case.whole)) for _ in range(2))
    for position in range(4):
        assert draw(dist, stream, position) == draw(truth, other, position)
