"""Entropy and surprisal against their closed forms."""

from __future__ import annotations

import math

import pytest
import torch

from tui.sampling.metrics import divergence_bits, entropy_bits, kept_only_here, log_probabilities, overlap
from tui.sampling.ranking import rank_of, surprisal_bits


@pytest.mark.parametrize(
    ("probabilities", "bits"),
    [([1.0], 0.0), ([0.5, 0.5], 1.0), ([0.5, 0.25, 0.25, 0.0], 1.5), ([1 / 1024] * 1024, 10.0)],
)
def test_entropy_is_in_bits_and_zeros_count_nothing(probabilities: list[float], bits: float) -> None:
    assert entropy_bits(torch.tensor([probabilities])) == pytest.approx(bits)


def test_entropy_of_a_geometric_row() -> None:
    q = 0.9
    probabilities = torch.tensor([[(1 - q) * q**i for i in range(2000)]])
    assert entropy_bits(probabilities) == pytest.approx(-math.log2(1 - q) - q / (1 - q) * math.log2(q), rel=1e-5)


def test_surprisal_is_right_also_where_the_probability_underflows() -> None:
    row = torch.tensor([0.0, -1000.0, 0.0])
    assert torch.softmax(row, 0)[1] == 0
    assert surprisal_bits(row, 1, 0.0) == pytest.approx(1000 / math.log(2) + 1)
    assert surprisal_bits(row, 0, 0.5) == pytest.approx(1.0)


def test_rank_is_one_more_than_the_greater_scores() -> None:
    scores = torch.tensor([[1.0, 3.0, 3.0, 2.0, -math.inf]])
    assert [rank_of(scores, token) for token in range(5)] == [4, 1, 1, 3, 5]


def logs(*probabilities: float) -> torch.Tensor:
    return log_probabilities(torch.tensor([probabilities]).log())


def test_overlap_is_of_the_kept_sets_whatever_their_probabilities() -> None:
    assert overlap(logs(0.5, 0.5, 0.0, 0.0), logs(0.1, 0.0, 0.9, 0.0)) == pytest.approx(1 / 3)
    assert overlap(logs(0.9, 0.1), logs(0.1, 0.9)) == 1.0
    assert overlap(logs(1.0, 0.0), logs(0.0, 1.0)) == 0.0


def test_divergence_is_in_bits_from_the_first_to_the_second() -> None:
    p, q = logs(0.5, 0.25, 0.25), logs(0.25, 0.25, 0.5)
    assert divergence_bits(p, q) == pytest.approx(0.5 * 1 + 0.25 * 0 - 0.25 * 1)
    assert divergence_bits(p, p) == 0.0
    half = logs(1.0, 0.0, 0.0)
    assert divergence_bits(half, p) == pytest.approx(1.0)
    assert (divergence_bits(p, half), kept_only_here(p, half), kept_only_here(half, p)) == (math.inf, 2, 0)
