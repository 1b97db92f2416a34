"""What is known about one distribution: its candidates, its cuts, its uncertainty. Plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec


class Cut(msgspec.Struct, frozen=True, array_like=True):
    """What one truncating stage does to a distribution."""

    stage: str
    alone: int
    """How many candidates it would keep as the only stage."""
    left: int
    """How many are left after it, in the chain."""
    mass: float
    """Tempered probability of what is left after it."""
    tie: tuple[int, int] | None = None
    """(size, kept) where its edge falls inside a group of equal tokens."""
    between: tuple[int, int] | None = None
    """(fewest, most) left where a head does not decide it; `left` is the fewest then. An `alone` of 0 and a
    `mass` of NaN are not known."""


class Span(msgspec.Struct, frozen=True, array_like=True):
    """Where a number lies that is not known exactly: from `low` to `high`, both included."""

    low: float
    high: float

    @property
    def exact(self) -> bool:
        """True if both ends are the same to four digits, or to what a server's rounding leaves."""
        return self.high - self.low <= max(1e-4 * abs(self.high), 1e-12)

    @property
    def value(self) -> float:
        """The number where it is exact, else NaN."""
        return (self.low + self.high) / 2 if self.exact else math.nan


class Candidate(msgspec.Struct, frozen=True, array_like=True):
    """One candidate. Probabilities are 0–1; `final` is 0 for a removed one. NaN is a number that is not known."""

    rank: int
    """1 = best."""
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
    spans: tuple[Span, Span, Span] | None = None
    """Where `tempered`, `final` and `cumulative` lie, if a head does not decide them all.

    Rank 0 is a token of the unseen tail, whose place is not known.
    """


SERIES: Mapping[str, tuple[str, ...]] = {
    "cumulative": ("ranks", "raw", "tempered"),
    "histogram": ("edges", "kept", "removed"),
}
"""The names of each plot's series, by its id: what the engine sends, and the picture is made of."""


class Plotted(msgspec.Struct, frozen=True, array_like=True):
    """What a plot shows: its id, and its series by name, all equally long, each little-endian float32."""

    id: str
    series: dict[str, bytes]


class Entropy(msgspec.Struct, frozen=True, array_like=True):
    """In bits, of the three distributions. 2 to its power is the effective number of candidates."""

    raw: float
    tempered: float
    final: float


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """What a head, the best tokens of a vocabulary, leaves open: the unseen rest, and bounds for what depends on it."""

    told: int
    """How many tokens have a rank."""
    count: int
    """How many have none."""
    mass: float
    """Raw probability of those."""
    tempered: Span
    """After penalties and temperature."""
    kept: tuple[int, int]
    """The fewest and the most candidates that the cuts may leave, of the whole vocabulary."""
    kept_mass: Span
    entropy: tuple[Span, Span, Span]
    """In bits, of raw, tempered and final."""
    undecided: str = ""
    """Why no token can be drawn here, in one sentence; '' where the kept set is certain."""
    remedy: str = ""
    """What would decide it."""
