"""The bars of the histogram: how many candidates each bin has, which bin a column shows, and its cells."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from tui.protocol import Plotted
from tui.widgets.plots.axes import CountAxis
from tui.widgets.plots.cursor import CURSOR
from tui.widgets.plots.plot import Colour, Run
from tui.widgets.plots.series import series

_KEPT, _REMOVED = " ▁▂▃▄▅▆▇█", " ⣀⣀⣤⣤⣶⣶⣿⣿"
"""A cell by how many eighths of it are filled; they differ without colours too."""
_LEAST = 1e-45
"""The least edge that is not 0, in float32."""


class Bins(NamedTuple):
    """Numbers of kept and removed candidates per bin, and of those below and above all bins."""

    powers: Sequence[float]
    """log10 of the edges, one more than there are bins."""
    kept: Sequence[float]
    removed: Sequence[float]
    all: Sequence[float]
    """Kept and removed ones together."""
    best: Sequence[float]
    """The rank of each bin's best candidate; 0 if it has none."""
    below: int
    above: int

    @classmethod
    def of(cls, plotted: Plotted) -> Bins:
        """Read the bins from the engine's reply."""
        kept, removed = series(plotted, "kept"), series(plotted, "removed")
        powers = [math.log10(max(edge, _LEAST)) for edge in series(plotted, "edges")[1:]]
        below, *both, above = [one + other for one, other in zip(kept, removed, strict=True)]
        return cls(powers, kept[1:-1], removed[1:-1], both, series(plotted, "best")[1:-1], int(below), int(above))

    @property
    def most(self) -> float:
        """The largest number of candidates in a bin."""
        return max(self.all, default=0.0)

    def at(self, power: float) -> int:
        """The bin of 10 to this power; the first or the last one, if that lies outside."""
        return min(max(bisect_right(self.powers, power) - 1, 0), len(self.kept) - 1)

    def middle(self, at: int) -> float:
        """The power in the middle of a bin."""
        return (self.powers[at] + self.powers[at + 1]) / 2

    def in_column(self, column: int, columns: int) -> range:
        """The bins that a column stands for: one, unless there are fewer columns than bins."""
        count = len(self.kept)
        first = column * count // columns
        return range(first, max(first + 1, (column + 1) * count // columns))

    def highest(self, column: int, columns: int) -> int:
        """The bin that a column shows: of those that it stands for, the one with the most candidates."""
        return max(self.in_column(column, columns), key=self.all.__getitem__)

    def column(self, at: int, columns: int) -> int:
        """The first column that stands for a bin."""
        return next(column for column in range(columns) if at in self.in_column(column, columns))


class Bars(NamedTuple):
    """The heights of the bars in eighths of a cell."""

    kept: Sequence[int]
    all: Sequence[int]

    @classmethod
    def of(cls, bins: Bins, axis: CountAxis, columns: int) -> Bars:
        """One bar a column."""
        shown = [bins.highest(column, columns) for column in range(columns)] if bins.kept else []
        return cls([axis.eighths(bins.kept[at]) for at in shown], [axis.eighths(bins.all[at]) for at in shown])

    def row(self, y: int, *, top: bool, cursor: int | None) -> Iterator[Run]:
        """The runs of one row; row 0 is at the bottom. `cursor`: the column under the cursor."""

        def cell(column: int) -> tuple[Colour, str]:
            kept, filled = self.kept[column], min(8, max(0, self.all[column] - 8 * y))
            whole = kept == self.all[column]
            live = kept > 8 * y and (whole or kept - 8 * y >= 4 or y == 0)
            character = (_KEPT if live else _REMOVED)[filled]
            if column == cursor:
                return "foreground", CURSOR if top or not filled else character
            return "live" if live else "removed", character

        for colour, cells in groupby(map(cell, range(len(self.all))), lambda found: found[0]):
            yield colour, "".join(character for _, character in cells)
