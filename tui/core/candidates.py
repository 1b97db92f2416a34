"""What is known about one distribution: its candidates, its cuts, its uncertainty. Plain values."""

from __future__ import annotations

import msgspec


class Cut(msgspec.Struct, frozen=True, array_like=True):
    """What one truncating stage does to this row."""

    stage: str
    alone: int
    """How many candidates it would keep as the only stage."""
    left: int
    """How many are left after it, in the chain."""
    mass: float
    """Tempered probability of what is left after it."""
    tie: tuple[int, int] | None = None
    """(size, kept) where its edge falls inside a group of equal tokens."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One candidate. Probabilities are 0–1; `final` is 0 for a removed one."""

    rank: int
    token: int
    piece: bytes
    special: bool
    logit: float
    raw: float
    tempered: float
    final: float
    cumulative: float
    """Of `tempered`, in rank order, summed in float64."""
    removed_by: str
    """The first stage that removed it; '' if it is kept."""
    count: int = 0
    """How often it came up in `View.draws` draws."""


class Curves(msgspec.Struct, frozen=True, array_like=True):
    """Cumulative probability by rank: little-endian int32 ranks, float32 values before and after temperature."""

    ranks: bytes
    raw: bytes
    tempered: bytes


class Entropy(msgspec.Struct, frozen=True, array_like=True):
    """In bits, of the three distributions. 2 to its power is the effective number of candidates."""

    raw: float
    tempered: float
    final: float
