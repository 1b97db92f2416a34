"""The histogram of the candidates' probabilities, kept and removed ones, on logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from textual.content import Content
from textual.geometry import Size

from tui.protocol import PlotRequest, Plotted, Viewed
from tui.widgets.plots.axes import CountAxis, Tick
from tui.widgets.plots.frame import LOW, UNNAMED, canvas_columns, lines_below, x_axis, y_axis
from tui.widgets.plots.plot import Colour, Move, Run, Shown, answered, fitting
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
EVERY = 2
"""Distance between labels of the x axis, in powers of ten."""
_EIGHTHS = " ▁▂▃▄▅▆▇█"


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

    def moved(self, move: Move, viewed: Viewed) -> Histogram:
        """The histogram has one view."""
        return self

    def request(self, size: Size) -> PlotRequest:
        """Ask for one bin per column."""
        return PlotRequest(self.id, width=canvas_columns(size.width))

    def data(self, shown: Shown) -> Viewed | None:
        """The view that holds the series."""
        return answered(shown, self.id)

    def legend(self, viewed: Viewed, width: int) -> Content:
        """Names of the colours, and the numbers of candidates below the first bin and unseen."""
        assert viewed.plot is not None
        below = Bins.of(viewed.plot).below
        parts = [Content.styled("█ kept", "$live"), Content.styled("█ removed", "$removed")]
        parts += [Content(f"{below:,} below")] if below else []
        parts += [Content(f"{viewed.tail.count:,} unseen")] if viewed.tail else []
        return fitting(parts, width)

    def draw(self, viewed: Viewed, size: Size) -> list[list[Run]]:
        """Draw the bars and the axes; in a low pane there is no line for the title of the y axis."""
        assert viewed.plot is not None
        bins, columns = Bins.of(viewed.plot), canvas_columns(size.width)
        title: list[list[Run]] = [[("quiet", "candidates".ljust(size.width))]] if size.height >= LOW else []
        rows = size.height - len(title) - lines_below(size.height)
        most = max(map(sum, zip(bins.kept, bins.removed, strict=True)))
        axis = CountAxis.of(most, rows)
        # There is one bin per column, except until the reply to the request of a resized pane.
        bars = [
            (axis.eighths(bins.kept[at]), axis.eighths(bins.kept[at] + bins.removed[at]))
            for at in (column * len(bins.kept) // columns for column in range(columns))
        ]
        named = y_axis(axis.ticks(most))
        canvas = [[("quiet", named.get(y, UNNAMED)), *_row(bars, y)] for y in reversed(range(rows))]
        return [*title, *canvas, *x_axis(_ticks(bins.powers, columns), ("probability", "prob."), columns, size.height)]


def _ticks(powers: Sequence[float], columns: int) -> list[Tick]:
    """The ticks of the x axis, each on the bin that its probability begins; 1, the last bin's end, on that bin."""
    first, last = round(powers[0]), round(powers[-1])
    return [
        Tick(min(columns * (power - first) // (last - first), columns - 1), f"1e{power}" if power else "1")
        for power in range(first, last + 1, EVERY)
    ]


def _row(bars: Sequence[tuple[int, int]], y: int) -> Iterator[Run]:
    """The runs of one row of the canvas; row 0 is at the bottom."""

    def cell(bar: tuple[int, int]) -> tuple[Colour, str]:
        kept, both = bar
        live = kept > 8 * y and (kept == both or kept - 8 * y >= 4 or y == 0)
        return "live" if live else "removed", _EIGHTHS[min(8, max(0, both - 8 * y))]

    for colour, cells in groupby(map(cell, bars), lambda found: found[0]):
        yield colour, "".join(character for _, character in cells)
