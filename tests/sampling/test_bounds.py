"""Tables of tiny heads: bounds of the unseen tail, before and after temperature and penalties."""

from __future__ import annotations

import math

import pytest
import torch

from tests.oracle import settings_of
from tui.core.candidates import Span
from tui.sampling.bounds import Head, apply_temperature, entropy_span
from tui.sampling.chain import build_chain

NAN = float("nan")
TOLD = (0.4, 0.2, 0.1)
"""The head of nine tokens; the six unseen ones share 0.3, with at most 0.1 each."""
CLOSE = {"abs": 5e-5}


def row(*probabilities: float) -> torch.Tensor:
    return torch.tensor(probabilities).log()


def weights(temperature: float = 1.0, told=TOLD, unseen: int = 6):
    chain = build_chain(settings_of(temperature=temperature))
    return apply_temperature(Head.of(row(*told, *[NAN] * unseen)), chain.temperature, torch.tensor([[0]]))


def ends(span: Span) -> tuple[float, float]:
    return span.low, span.high


def test_the_tail_is_what_the_head_leaves_and_no_token_of_it_is_above_the_last_one_told() -> None:
    head = Head.of(row(NAN, 0.1, NAN, 0.4, 0.2, *[NAN] * 4))
    assert head.tokens.tolist() == [3, 4, 1]
    assert (head.unseen, ends(head.mass)) == (6, pytest.approx((0.3, 0.3), **CLOSE))
    assert math.exp(head.cap) == pytest.approx(0.1)


def test_a_head_that_adds_up_to_more_than_all_leaves_nothing() -> None:
    head = Head.of(row(0.9, 0.2, NAN, NAN))
    assert ends(head.mass) == pytest.approx((0.0, 0.0), **CLOSE)
    assert head.mass.low == 0.0


def test_so_few_unseen_tokens_cannot_have_more_than_the_cap_each() -> None:
    head = Head.of(row(0.5, 0.1, NAN, NAN))
    assert head.mass.high == pytest.approx(0.2, **CLOSE)


def test_no_unseen_token_has_more_than_all_of_them_have() -> None:
    assert math.exp(Head.of(row(0.6, 0.38, NAN, NAN)).cap) == pytest.approx(0.02, **CLOSE)


def test_under_temperature_one_the_tail_is_exact() -> None:
    assert ends(weights().tail_share) == pytest.approx((0.3, 0.3), **CLOSE)
    assert weights().whole.exact


def test_heat_makes_the_most_of_a_tail_that_is_spread() -> None:
    """At T = 2 weights are square roots: the tail is three at 0.1 or six at 0.05; the head is √0.4 + √0.2 + √0.1."""
    head = sum(math.sqrt(p) for p in TOLD)
    low, high = 3 * math.sqrt(0.1), 6 * math.sqrt(0.05)
    assert ends(weights(2.0).tail_share) == pytest.approx((low / (head + low), high / (head + high)), **CLOSE)


def test_cold_makes_the_most_of_a_tail_that_is_heaped() -> None:
    """At T = 0.5 weights are squares."""
    head = sum(p * p for p in TOLD)
    low, high = 6 * 0.05**2, 3 * 0.1**2
    assert ends(weights(0.5).tail_share) == pytest.approx((low / (head + low), high / (head + high)), **CLOSE)


def test_entropy_lies_between_a_heaped_tail_and_a_spread_one() -> None:
    def bits(*probabilities: float) -> float:
        return -sum(p * math.log2(p) for p in probabilities)

    expected = bits(*TOLD, 0.1, 0.1, 0.1), bits(*TOLD, *[0.05] * 6)
    assert ends(entropy_span(weights())) == pytest.approx(expected, abs=3e-4)


def test_entropy_of_a_tail_of_nothing_is_exact() -> None:
    span = entropy_span(weights(told=(0.5, 0.5), unseen=3))
    assert ends(span) == pytest.approx((1.0, 1.0), abs=2e-4)


def test_more_tail_may_be_less_entropy_so_the_middle_is_looked_at() -> None:
    """One unseen token that may weigh more than the best: the entropy is highest where both are equal."""
    from tui.sampling.bounds import Weights

    one = torch.ones(1, dtype=torch.float64)
    around = Weights(torch.zeros(1), 0.0, one, one.cumsum(0), 1, 4.0, Span(0.25, 4.0))
    assert ends(entropy_span(around)) == pytest.approx((0.7219, 1.0), abs=1e-4)


def penalised(known: torch.Tensor, ids: list[int], **given: float) -> Head:
    return Head.of(known).penalised(build_chain(settings_of(**given)), torch.tensor([ids]), known)[0]


def test_a_penalised_token_that_falls_below_the_last_one_told_loses_its_rank() -> None:
    head = penalised(row(0.4, 0.2, 0.1, *[NAN] * 6), [1], repetition_penalty=3.0)
    assert head.tokens.tolist() == [0, 2]
    assert head.unseen == 7
    assert ends(head.mass) == pytest.approx((0.308, 0.308), abs=1e-4)


def test_a_penalty_on_an_unseen_token_takes_away_as_much_as_it_may_have() -> None:
    head = penalised(row(0.4, 0.2, 0.1, *[NAN] * 6), [7], repetition_penalty=3.0)
    assert ends(head.mass) == pytest.approx((0.2, 0.3), abs=1e-4)
    assert math.exp(head.cap) == pytest.approx(0.1)


def test_a_reward_for_an_unseen_token_may_lift_it_over_what_is_told() -> None:
    head = penalised(row(0.4, 0.2, 0.1, *[NAN] * 6), [7], repetition_penalty=0.5)
    assert math.exp(head.cap) == pytest.approx(math.sqrt(0.1))
    assert head.tokens.tolist() == [0]


def test_a_banned_token_is_neither_told_nor_unseen() -> None:
    told, unseen = row(0.4, 0.2, 0.1, *[NAN] * 6), [5, 5, 5]
    head = penalised(told, unseen, no_repeat_ngram_size=1)
    assert (head.tokens.tolist(), head.unseen) == ([0, 1, 2], 5)
    assert ends(head.mass) == pytest.approx((0.2, 0.3), abs=1e-4)
    assert penalised(told, [1, 1], no_repeat_ngram_size=1).tokens.tolist() == [0, 2]
