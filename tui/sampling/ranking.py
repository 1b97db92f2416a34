"""Logits ranked once: what every slider position needs, so that moving one never sorts."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tui.sampling.cuts import Order
from tui.sampling.metrics import LN2, count
from tui.sampling.scoring import Scored

SMALLEST_TRUSTED = 1e-30
"""Below it a float32 probability is on its way to losing digits, then to 0."""


class Ranking:
    """Logits [V] with their base scores in rank order (rank 1 = best)."""

    def __init__(self, logits: Tensor, scored: Scored) -> None:
        self.logits = logits
        self.scored = scored
        self.order = Order.of(scored.base)
        self.tokens = self.order.ascending[0].flip(0)
        """[V] ids, best first."""
        self.raw = torch.softmax(logits[None], dim=-1)
        """[1, V] float32: T = 1, nothing applied."""
        self.raw_cumulative = self.raw[0, self.tokens].cumsum(0, dtype=torch.float64)

    def rank(self, token: int) -> int:
        """This token's rank, 1 = best, ties in the order of the list."""
        return int((self.tokens == token).nonzero()[0, 0]) + 1

    @property
    def nbytes(self) -> int:
        """What keeping it costs, for the cache."""
        return len(self.logits) * (4 + 8 + 8 + 4 + 8)


def rank_of(scores: Tensor, token: int) -> int:
    """1 + the number of greater scores in [1, V]: a drawn token's rank without a sort."""
    return count(scores > scores[0, token]) + 1


def surprisal_bits(logits: Tensor, token: int, probability: float) -> float:
    """−log2 of the raw probability of `token`, from the logits where the probability underflows."""
    if probability > SMALLEST_TRUSTED:
        return -math.log2(probability)
    return float(torch.logsumexp(logits, 0) - logits[token]) / LN2
