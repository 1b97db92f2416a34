"""Plain values that describe one distribution: its candidates, its cuts, its entropy, its unseen tail."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec


class Cut(msgspec.Struct, frozen=True, array_like=True):
    """The effect of one cut on a distribution."""

    stage: str
    alone: int
    """How many candidates the cut would keep if it were the only one; 0 where a head does not decide it."""
    left: int
    """How many candidates are left after the cut, where it stands in the chain."""
    mass: float
    """Probability of the candidates left after the cut, summed as `Candidate.cumulative` sums: tempered, or untempered
    where top-p stands before the temperature. NaN where a head does not decide it."""
    tie: tuple[int, int] | None = None
    """(size, kept) of the group of equally probable tokens that the cut's edge falls into; None if there is none."""
    between: tuple[int, int] | None = None
    """(fewest, most) candidates left where a head does not decide the number; `left` is the fewest then."""


class Span(msgspec.Struct, frozen=True, array_like=True):
    """The bounds of a number that is not known exactly: it lies from `low` to `high`, both included."""

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
    """One candidate. Probabilities are 0–1; `final` is 0 for a removed candidate. NaN: the number is not known."""

    rank: int
    """1 = best; 0 = a token of the unseen tail, whose rank is not known."""
    token: int
    piece: bytes
    special: bool
    logit: float
    raw: float
    tempered: float
    final: float
    cumulative: float
    """The sum of `tempered` from rank 1 to this rank, in float64. Where top-p stands before the temperature, as in
    llama.cpp's order, it sums the probabilities before the temperature: top-p cuts where that sum reaches p."""
    removed_by: str
    """The first stage that removed the candidate; '' if it is kept."""
    count: int = 0
    """How often the token came up in `View.draws` draws."""
    spans: tuple[Span, Span, Span] | None = None
    """Bounds of `tempered`, `final` and `cumulative`; None if all three are known exactly."""


SERIES: Mapping[str, tuple[str, ...]] = {
    "cumulative": ("ranks", "raw", "tempered"),
    "histogram": ("edges", "kept", "removed"),
    "temperatures": ("ranks", "half", "one", "two", "now"),
    "stages": ("logits",),
}
"""The names of each plot's series, by its id: what the engine sends, and the picture is made of.

Of the stages plot each series is a stage's: candidates before and after, share removed, entropy afterwards in bits. The
first, `logits`, is of the model's own distribution; those of the stages in force follow in the order of the chain.

The cumulative plot's `tempered` is `Candidate.cumulative`, whatever that sums.
"""


class Plotted(msgspec.Struct, frozen=True, array_like=True):
    """The data of a plot: its id, and its series by name, all equally long, each as little-endian float32."""

    id: str
    series: dict[str, bytes]


class Entropy(msgspec.Struct, frozen=True, array_like=True):
    """The entropy of the three distributions, in bits. 2 to the entropy is the effective number of candidates."""

    raw: float
    tempered: float
    final: float


class Compared(msgspec.Struct, frozen=True, array_like=True):
    """How the final distribution of some settings differs from that of others on the same step.

    Each number is None where a head does not decide the kept sets.
    """

    overlap: float | None
    """How much the two kept sets have in common: tokens in both, divided by tokens in either (Jaccard), 0–1."""
    divergence: float | None
    """KL(these ‖ the others) of the final probabilities, in bits; infinite where `only_here` is not 0."""
    only_here: int | None
    """How many tokens are kept here that the other settings remove."""


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens whose probability a server does not tell, and bounds for every number that depends on them."""

    told: int
    """How many tokens have a rank: the head, after penalties."""
    count: int
    """How many tokens have no rank: the tail."""
    mass: float
    """Raw probability of the tail."""
    tempered: Span
    """Bounds of the tail's probability after penalties and temperature."""
    kept: tuple[int, int]
    """The fewest and the most candidates that the cuts may leave, of the whole vocabulary."""
    kept_mass: Span
    """Bounds of the tempered probability of the candidates that the cuts leave."""
    entropy: tuple[Span, Span, Span]
    """Bounds of the entropy in bits, of raw, tempered and final."""
    undecided: str = ""
    """Why no token can be drawn, in one sentence; '' where the kept set is certain."""
    remedy: str = ""
    """A setting that would make the kept set certain, in one sentence."""
