"""Counts and sums over a vocabulary, and entropy in bits, by numpy.

They are only shown, so they need not equal torch's bits. numpy computes them several times faster: torch wakes its
threads for each call, and the last bits of its sums depend on how many threads there are.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

LN2 = math.log(2)


def count(mask: Tensor) -> int:
    """How many elements of a mask of any shape are True."""
    return int(np.count_nonzero(mask.numpy(force=True)))


def mass(probabilities: Tensor, mask: Tensor) -> float:
    """The sum, in float64, of the probabilities where the mask of the same shape is True: at most 1.

    float32 probabilities of a whole vocabulary may add up to a little more.
    """
    return min(1.0, float((probabilities.numpy(force=True) * mask.numpy(force=True)).sum(dtype=np.float64)))


def entropy_bits(probabilities: Tensor) -> float:
    """Shannon entropy of probabilities [..., V]; zeros add nothing. 2 to it is the effective number of candidates."""
    values = probabilities.numpy(force=True)
    if not values.all():
        values = values[values > 0]
    return (0.0 - float((values * np.log(values)).sum(dtype=np.float64))) / LN2


def log_probabilities(scores: Tensor) -> Tensor:
    """The logarithms, in float64, of the probabilities of scores [..., V]; -inf for a removed token."""
    return torch.log_softmax(scores.double(), dim=-1)


def overlap(first: Tensor, second: Tensor) -> float:
    """How much two kept sets have in common: tokens in both, divided by tokens in either (Jaccard 1912); 0–1.

    Both are log-probabilities [..., V] over the same vocabulary, with -inf for removed tokens.
    """
    here, there = (values > -math.inf for values in (first, second))
    return count(here & there) / count(here | there)


def kept_only_here(first: Tensor, second: Tensor) -> int:
    """How many tokens `first` keeps that `second` removes, both as for `overlap`."""
    return count((first > -math.inf) & (second == -math.inf))


def divergence_bits(first: Tensor, second: Tensor) -> float:
    """KL(first ‖ second) in bits, the sum of p·log2(p/q): what it costs to code draws of p by a code made for q.

    Both are log-probabilities [..., V] as `log_probabilities` gives them. Infinite if `second` removes a token that
    `first` keeps (Kullback and Leibler 1951).
    """
    if kept_only_here(first, second):
        return math.inf
    kept = first > -math.inf
    p, q = (values[kept].numpy(force=True) for values in (first, second))
    return max(0.0, float((np.exp(p) * (p - q)).sum())) / LN2
