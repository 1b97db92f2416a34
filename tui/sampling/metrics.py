"""Uncertainty of a distribution, in bits."""

from __future__ import annotations

import math

import torch
from torch import Tensor

LN2 = math.log(2)


def entropy_bits(probabilities: Tensor) -> float:
    """Shannon entropy of probabilities [..., V]; zeros count nothing. 2 to its power is the effective number."""
    return float(torch.special.entr(probabilities).sum(dtype=torch.float64)) / LN2


def perplexity(surprisals: list[float]) -> float:
    """2 to the mean surprisal (bits) of a run of tokens; NaN for none."""
    return 2.0 ** (sum(surprisals) / len(surprisals)) if surprisals else math.nan
