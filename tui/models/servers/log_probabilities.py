"""Log-probability tensors from a server's answer, after a check that the answer is complete and consistent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tui.models.servers.faults import ServerError

SURPLUS = 1e-3
"""How far above 0 a log-probability may be by rounding."""
TOLERANCE = 1e-2
"""How far from 1 the sum over a whole vocabulary may be by rounding."""


def whole_vocabulary(ids: Sequence[int], values: Sequence[float], vocabulary: int) -> Tensor:
    """Log-probabilities [V] float32 in id order. ServerError unless each id is there once and they add up to 1."""
    tokens, numbers = _checked(ids, values, vocabulary)
    if missing := vocabulary - len(tokens):
        absent = int(np.setdiff1d(np.arange(vocabulary), tokens)[0])
        raise ServerError(f"The server's answer lacks {missing:,} of {vocabulary:,} tokens, such as {absent}.")
    mass = float(np.exp(numbers).sum())
    if abs(mass - 1.0) > TOLERANCE:
        raise ServerError(
            f"The server's probabilities add up to {mass:.3g}, not to 1: they are not the model's over its whole "
            "vocabulary."
        )
    return _filled(tokens, numbers, vocabulary, fill=0.0)


def head_only(ids: Sequence[int], values: Sequence[float], vocabulary: int) -> Tensor:
    """Log-probabilities [V] float32, NaN for tokens not in `ids`. ServerError unless they can be probabilities."""
    tokens, numbers = _checked(ids, values, vocabulary)
    mass = float(np.exp(numbers).sum())
    if not len(tokens) or mass > 1.0 + TOLERANCE:
        raise ServerError(f"The server's {len(tokens)} probabilities add up to {mass:.3g}: they are none.")
    return _filled(tokens, numbers, vocabulary, fill=np.nan)


def _checked(
    ids: Sequence[int], values: Sequence[float], vocabulary: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Ids and values as arrays. ServerError for an id outside the vocabulary or given twice, or an impossible value."""
    try:
        tokens = np.asarray(ids, dtype=np.int64)
    except OverflowError:
        raise ServerError("The server names a token whose number is beyond any vocabulary.") from None
    numbers = np.asarray(values, dtype=np.float64)
    strange = tokens[(tokens < 0) | (tokens >= vocabulary)]
    if len(strange):
        raise ServerError(f"The server names token {strange[0]}, and its vocabulary has {vocabulary:,}.")
    twice = np.flatnonzero(np.bincount(tokens, minlength=1) > 1)
    if len(twice):
        raise ServerError(f"The server names {len(twice):,} tokens more than once, such as {twice[0]}.")
    wrong = np.flatnonzero(~np.isfinite(numbers) | (numbers > SURPLUS))
    if len(wrong):
        token, value = tokens[wrong[0]], numbers[wrong[0]]
        raise ServerError(
            f"{len(wrong):,} of the server's log-probabilities are none, such as {value:g} for token {token}."
        )
    return tokens, numbers


def _filled(tokens: NDArray[np.int64], numbers: NDArray[np.float64], vocabulary: int, fill: float) -> Tensor:
    logits = np.full(vocabulary, fill, dtype=np.float32)
    logits[tokens] = numbers
    return torch.from_numpy(logits)
