"""The curves of the cumulative plot, as the engine sends them: some ranks, and the probability up to each."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tui.protocol import Plotted
from tui.widgets.plots.series import series

Position = Callable[[float], float]
"""From a rank to its place on an axis; between two known ranks a curve is a straight line there."""


class Curve(NamedTuple):
    """Cumulative probabilities at some ranks, in rank order."""

    ranks: Sequence[float]
    values: Sequence[float]

    @classmethod
    def of(cls, plotted: Plotted, name: str) -> Curve:
        """Read a curve from the engine's reply; ranks at which it is not known are left out."""
        pairs = zip(series(plotted, "ranks"), series(plotted, name), strict=True)
        known = [(rank, min(max(value, 0.0), 1.0)) for rank, value in pairs if math.isfinite(rank + value)]
        return cls([rank for rank, _ in known], [value for _, value in known])

    def within(self, low: float, high: float) -> Curve:
        """The part at the known ranks from `low` to `high`."""
        first, end = bisect_left(self.ranks, low), bisect_right(self.ranks, high)
        return Curve(self.ranks[first:end], self.values[first:end])

    def above(self, value: float) -> Curve:
        """The part at the known ranks from that on at which the curve has reached a value."""
        first = bisect_left(self.values, value)
        return Curve(self.ranks[first:], self.values[first:])

    def at(self, rank: float, position: Position) -> float:
        """The value at a rank."""
        after = min(bisect_left(self.ranks, rank), len(self.ranks) - 1)
        before = max(0, after - 1)
        start, end = position(self.ranks[before]), position(self.ranks[after])
        share = min(max((position(rank) - start) / (end - start), 0.0), 1.0) if end > start else 1.0
        return self.values[before] + share * (self.values[after] - self.values[before])

    def reaches(self, value: float, position: Position) -> float | None:
        """The place on the axis at which the curve reaches a value; None if it begins above it, or ends below it."""
        after = bisect_left(self.values, value)
        if not 0 < after < len(self.values):
            return None
        start, end = position(self.ranks[after - 1]), position(self.ranks[after])
        low, high = self.values[after - 1], self.values[after]
        return start + (end - start) * (value - low) / (high - low)

    def until(self, rank: float, position: Position) -> Curve:
        """The part up to a rank."""
        inside = bisect_left(self.ranks, rank)
        end = [] if inside == len(self.ranks) else [self.at(rank, position)]
        return Curve([*self.ranks[:inside], *[rank for _ in end]], [*self.values[:inside], *end])

    def since(self, rank: float, position: Position) -> Curve:
        """The part from a rank on; empty if that is the last one, or past it."""
        inside = bisect_left(self.ranks, rank)
        if inside == len(self.ranks) or self.ranks[-1] <= rank:
            return Curve([], [])
        start = [] if self.ranks[inside] == rank else [self.at(rank, position)]
        return Curve([*[rank for _ in start], *self.ranks[inside:]], [*start, *self.values[inside:]])
