"""Tables of tiny heads: the known probabilities, a cut, and the bounds of what it leaves."""

from __future__ import annotations

import pytest
import torch

from tests.oracle import settings_of
from tui.sampling.bounds import Head, apply_temperature
from tui.sampling.chain import build_chain
from tui.sampling.head_cuts import Prefix, cut

IDS = torch.tensor([[0]])
NAN = float("nan")
ROW = (0.4, 0.2, 0.1, 0.05)
"""The head of ten tokens; the six unseen ones share 0.25, with at most 0.05 each: one of them may have 0."""


def left(told: tuple[float, ...], unseen: int, **given: float) -> Prefix:
    """The bounds of what the given cuts leave."""
    row = torch.tensor([*told, *[NAN] * unseen]).log()
    chain = build_chain(settings_of(**given))
    prefix = Prefix.whole(apply_temperature(Head.of(row), chain.temperature, IDS))
    for stage in chain.after:
        prefix = cut(stage, prefix)
    return prefix


@pytest.mark.parametrize(
    ("given", "fewest", "most", "decided"),
    [
        ({}, 10, 10, False),
        ({"top_k": 3}, 3, 3, True),
        ({"top_k": 4}, 4, 9, False),  # five unseen tokens may have 0.05 too
        ({"top_k": 7}, 7, 10, False),
        ({"top_p": 0.55}, 2, 2, True),
        ({"top_p": 0.6}, 2, 3, False),  # too near to call
        ({"top_p": 0.65}, 3, 3, True),
        ({"top_p": 0.72}, 4, 4, False),  # which of the tokens at 0.05 is kept is unknown
        ({"top_p": 0.82}, 6, 6, False),  # even spread 0.0416…, steep 0.05
        ({"top_p": 0.99}, 9, 10, False),
        ({"min_p": 0.2}, 3, 3, True),
        ({"min_p": 0.125}, 3, 9, False),  # too near to call
        ({"min_p": 0.1}, 4, 10, False),
        ({"min_p": 0.5}, 1, 2, False),
        ({"epsilon_cutoff": 0.15}, 2, 2, True),
        ({"epsilon_cutoff": 0.9}, 1, 1, True),
        ({"epsilon_cutoff": 0.04}, 4, 10, False),
        ({"typical_p": 0.5}, 1, 10, False),
        ({"top_h": 0.5}, 1, 10, False),
        ({"top_k": 3, "typical_p": 0.5}, 1, 3, False),
        ({"top_k": 9, "top_p": 0.3}, 1, 1, True),
        ({"top_k": 7, "epsilon_cutoff": 0.3}, 1, 1, True),
        ({"top_k": 3, "temperature": 9.0}, 3, 3, True),
        ({"min_p": 0.2, "temperature": 0.5}, 2, 2, True),
        ({"top_p": 0.1, "temperature": 5.0}, 1, 1, True),
        ({"top_p": 0.49, "temperature": 5.0}, 4, 5, False),
    ],
    ids=str,
)
def test_of_four_told_in_ten(given: dict[str, float], fewest: int, most: int, decided: bool) -> None:
    prefix = left(ROW, 6, **given)
    assert (prefix.fewest, prefix.most, prefix.decided) == (fewest, most, decided)


def test_a_peaked_head_decides_a_top_k_of_all_it_tells() -> None:
    """No unseen token can have 0.05 if the tail has 0.02 in all."""
    assert left((0.9, 0.05, 0.03), 97, top_k=3).decided
    assert not left((0.9, 0.04, 0.03), 97, top_k=3).decided


def test_equal_tokens_that_all_are_told_are_no_trouble_unless_the_edge_splits_them() -> None:
    told = (0.3, 0.2, 0.2, 0.1, 0.05)
    assert left(told, 5, top_k=2).count == 3
    assert left(told, 5, top_k=2).decided
    split = left(told, 5, top_p=0.4)
    assert (split.count, split.decided, split.surely_kept, split.possibly_kept) == (2, False, 1, 3)


def test_nothing_below_the_best_still_keeps_what_equals_it() -> None:
    assert left((0.1, 0.1, 0.05), 50, epsilon_cutoff=0.5).count == 2
    assert left((0.1,), 50, epsilon_cutoff=0.5).most == 10


def test_top_h_is_decided_by_a_hundred_clear_of_the_rest() -> None:
    weights = [0.97**rank for rank in range(150)]
    told = tuple(weight / sum(weights) * 0.9 for weight in weights)
    assert left(told, 1000, top_h=0.4).decided
    assert not left(told[:100], 1000, top_h=0.4).decided


def test_what_is_left_has_its_mass_and_entropy_between_two() -> None:
    three = left(ROW, 6, top_k=3)
    assert (three.share.low, three.share.high) == pytest.approx((0.7, 0.7), rel=1e-4)
    loose = left(ROW, 6, top_p=0.6)
    assert (loose.share.low, loose.share.high) == pytest.approx((0.6, 0.7), rel=1e-4)
    assert loose.entropy.low == pytest.approx(0.9183, abs=1e-4)  # of 2 to 1
    assert loose.entropy.high == pytest.approx(1.3788, abs=1e-4)  # of 4 to 2 to 1
