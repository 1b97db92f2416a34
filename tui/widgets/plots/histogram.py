"""The histogram of the candidates' probabilities, kept and removed ones, on logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from textual.content import Content
from textual.geometry import Size

from tui.protocol import PlotRequest, Plotted, Viewed
from tui.widgets.plots.labels import Label, place_more
from tui.widgets.plots.plot import Colour, Run
from tui.widgets.plots.series import series

HELP = """\
# Histogram of probabilities

How many candidates have a probability of each size, after penalties and temperature. Both axes are logarithmic: one
column is one bin, from 1e-10 on the left to 1 on the right.

- `█` candidates that the cuts keep, and, in the quiet colour, those that they remove. A column is as high as all of its
  candidates; the lower part as high as the kept ones
- *below* so many are less probable than the left end
- *unseen* so many have no place here, because a server does not tell their probability
"""
LEFT = 5
"""Cells left of the canvas, for the y axis and its labels."""
BELOW = 2
"""Lines below the canvas, for the x axis and its labels."""
EVERY = 2
"""Distance between labels of the x axis, in powers of ten."""
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_COUNTS = ("1", "10", "100", "1k", "10k", "100k", "1M")


def columns(size: Size) -> int:
    """Columns of the canvas in a pane of this size."""
    return max(1, size.width - LEFT)


class Bins(NamedTuple):
    """Numbers of kept and removed candidates per bin, and the number below the first bin."""

    powers: Sequence[float]
    """log10 of the edges, one more than there are bins."""
    kept: Sequence[float]
    removed: Sequence[float]
    below: int

    @classmethod
    def of(cls, plotted: Plotted) -> Bins:
        """Read the bins from the engine's reply."""
        kept, removed = series(plotted, "kept"), series(plotted, "removed")
        powers = [math.log10(edge) for edge in series(plotted, "edges")]
        return cls(powers, kept[1:], removed[1:], int(kept[0] + removed[0]))


class Histogram:
    """The number of candidates per bin of probability, both on logarithmic axes."""

    id = "histogram"
    title = "Histogram of probabilities"
    help = HELP

    def request(self, size: Size) -> PlotRequest:
        """Ask for one bin per column."""
        return PlotRequest(self.id, width=columns(size))

    def legend(self, viewed: Viewed) -> Content:
        """Names of the colours, and the numbers of candidates below the first bin and unseen."""
        assert viewed.plot is not None
        below = Bins.of(viewed.plot).below
        parts = [("█ kept", "$live"), ("  █ removed", "$removed")]
        parts += [(f"  {below:,} below", "")] if below else []
        parts += [(f"  {viewed.tail.count:,} unseen", "")] if viewed.tail else []
        return Content.assemble(*parts)

    def draw(self, viewed: Viewed, size: Size) -> list[list[Run]]:
        """Draw the bars and the axes."""
        assert viewed.plot is not None
        bins, width, rows = Bins.of(viewed.plot), columns(size), size.height - BELOW
        most = max(10.0, *map(sum, zip(bins.kept, bins.removed, strict=True)))
        # There is one bin per column, except until the reply to the request of a resized pane.
        bars = [
            (eighths(bins.kept[at], most, rows), eighths(bins.kept[at] + bins.removed[at], most, rows))
            for at in (column * len(bins.kept) // width for column in range(width))
        ]
        named = {
            (eighths(10**power, most, rows) - 1) // 8: name for power, name in enumerate(_COUNTS) if 10**power <= most
        }
        canvas = [[("quiet", _axis(named.get(y, ""))), *_row(bars, y)] for y in reversed(range(rows))]
        return [*canvas, *_x_axis(bins.powers, width)]


def eighths(count: float, most: float, rows: int) -> int:
    """A bar's height in eighths of a cell. The axis begins at half a candidate, so that a single one is visible."""
    return max(1, round(8 * rows * math.log10(2 * count) / math.log10(2 * most))) if count else 0


def _axis(name: str) -> str:
    return f"{name:>{LEFT - 1}}{'┤' if name else '│'}"


def _row(bars: Sequence[tuple[int, int]], y: int) -> Iterator[Run]:
    """The runs of one row of the canvas; row 0 is at the bottom."""

    def cell(bar: tuple[int, int]) -> tuple[Colour, str]:
        kept, both = bar
        live = kept > 8 * y and (kept == both or kept - 8 * y >= 4 or y == 0)
        return "live" if live else "removed", _EIGHTHS[min(8, max(0, both - 8 * y))]

    for colour, cells in groupby(map(cell, bars), lambda found: found[0]):
        yield colour, "".join(character for _, character in cells)


def _x_axis(powers: Sequence[float], width: int) -> list[list[Run]]:
    """The x axis with its ticks, and the line of labels below it."""
    first, last = round(powers[0]), round(powers[-1])
    ticks = {power: round((width - 1) * (power - first) / (last - first)) for power in range(first, last + 1, EVERY)}
    line = "".join("┬" if column in ticks.values() else "─" for column in range(width))
    names, end = "", 0
    for placed in place_more((Label(at, f"1e{power}" if power else "1") for power, at in ticks.items()), [], width):
        names += " " * (placed.start - end) + placed.text
        end = placed.end
    return [[("quiet", " " * (LEFT - 1) + "└" + line)], [("quiet", " " * LEFT + names.ljust(width))]]
