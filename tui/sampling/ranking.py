"""Logits sorted once: every slider position reuses the ranking, so that moving a slider never sorts."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tui.sampling.cuts import Order
from tui.sampling.metrics import LN2, count
from tui.sampling.scoring import BaseScores

SMALLEST_TRUSTED = 1e-30
"""A float32 probability below this loses digits, or is 0."""


class Ranking:
    """Logits [V] with their base scores in rank order (rank 1 = best)."""

    def __init__(self, logits: Tensor, scored: BaseScores) -> None:
        self.logits = logits
        self.scored = scored
        self.order = Order.of(scored.base)
        self.tokens = self.order.ascending[0].flip(0)
        """[V] ids, best first."""
        self.raw = torch.softmax(logits[None], dim=-1)
        """[1, V] float32: softmax of the logits, no penalty or temperature applied."""
        self.raw_cumulative = self.raw[0, self.tokens].cumsum(0, dtype=torch.float64)

    def rank(self, token: int) -> int:
        """This token's rank in `tokens`, 1 = best; tokens of equal score have different ranks."""
        return int((self.tokens == token).nonzero()[0, 0]) + 1

    @property
    def nbytes(self) -> int:
        """About how many bytes this ranking holds, for the cache's budget."""
        return len(self.logits) * (4 + 8 + 8 + 4 + 8)


def rank_of(scores: Tensor, token: int) -> int:
    """1 + the number of greater scores in [1, V]: a drawn token's rank without a sort."""
    return count(scores > scores[0, token]) + 1


def surprisal_bits(logits: Tensor, token: int, probability: float) -> float:
    """−log2 of the raw `probability` of `token`; computed from the logits where the probability underflows."""
    if probability > SMALLEST_TRUSTED:
        return -math.log2(probability)
    return float(torch.logsumexp(logits, 0) - logits[token]) / LN2
