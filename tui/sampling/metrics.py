"""Counts and sums over a vocabulary, and entropy in bits, by numpy.

They are only shown, so they need not equal torch's bits. numpy computes them several times faster: torch wakes its
threads for each call, and the last bits of its sums depend on how many threads there are.
"""

from __future__ import annotations

import math

import numpy as np
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
