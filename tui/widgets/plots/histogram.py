"""The histogram of the candidates' probabilities, kept and removed ones, on logarithmic axes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from textual.content import Content
from textual.geometry import Size

from tui.protocol import Candidate, PlotRequest, Viewed
from tui.widgets.plots.axes import CountAxis, Tick
from tui.widgets.plots.bins import Bars, Bins
from tui.widgets.plots.cursor import CURSOR_KEYS, name
from tui.widgets.plots.frame import LOW, UNNAMED, canvas_columns, lines_below, x_axis, y_axis
from tui.widgets.plots.plot import Move, Run, Shown, answered, best_fitting, fitting
from tui.widgets.plots.ranges import FACTOR, STEP

HELP = f"""\
# Histogram of probabilities

How many candidates have a probability of each size, after penalties and temperature. Both axes are logarithmic: one
column is one bin, at first from 1e-10 on the left to 1 on the right.

With the focus on the plot: `↑` and `↓` zoom in and out around the cursor, or around the middle. `shift+←` and
`shift+→`, or page up and page down, pan. `home` shows 1e-10 to 1 again. `-` goes to the post's figure and back: the
model's own (raw) probabilities between the post's edges, `np.logspace(-10, -1, 100)`. Where there are fewer columns
than its 99 bins, a column is as high as the highest bin in it.

{CURSOR_KEYS} Read there, bin by bin: its edges, how many candidates in it are kept and removed, and its best one.

- `█` candidates that the cuts keep, `⣿` those that they remove. A bar is as high as all of its candidates; the lower
  part as high as the kept ones
- *below*, *above* so many are less probable than the left end, or more probable than the right one
- *unseen* so many have no place here, because a server does not tell their probability
"""
WHOLE, POST = (-10.0, 0.0), (-10.0, -1.0)
"""The ends of the first view and of the post's, as powers of ten."""
POST_BINS = 99
"""As many bins as the post's 100 edges make."""
LEAST, MOST = -40.0, 0.0
"""Where zoom and pan end."""
NARROWEST = 1.0
"""How many powers of ten a zoom leaves in sight."""
_APART = 6
"""Columns between two labels of the x axis, at least."""
_FEW_POWERS = 3.0
"""Up to so many powers of ten in sight there are ticks between them."""


@dataclass(frozen=True)
class Histogram:
    """The number of candidates per bin of probability, both on logarithmic axes."""

    powers: tuple[float, float] = WHOLE
    """The ends of the axis, as powers of ten."""
    post: bool = False
    """True for the post's figure."""
    cursor: float | None = None
    """The power of ten under the cursor."""
    id = "histogram"
    help = HELP

    @property
    def title(self) -> str:
        """Name of the plot, and whose view of it this is."""
        return "Histogram of probabilities" + (", the post's view" if self.post else "")

    def moved(self, move: Move, viewed: Viewed) -> Histogram:
        """Zoom, pan, or show the next view."""
        if move == "view":
            return self._of(WHOLE if self.post else POST, post=not self.post)
        if move == "whole":
            return Histogram()
        low, high = self.powers
        if move in ("left", "right"):
            return self._between(low + (high - low) * (STEP if move == "right" else -STEP), high - low)
        around = self.cursor if self.cursor is not None and low < self.cursor < high else (low + high) / 2
        factor = FACTOR if move == "in" else 1 / FACTOR
        extent = min(max((high - low) * factor, NARROWEST), MOST - LEAST)
        return self._between(around - (around - low) * extent / (high - low), extent)

    def _between(self, low: float, extent: float) -> Histogram:
        low = min(max(low, LEAST), MOST - extent)
        return self._of((low, low + extent), post=False)

    def _of(self, powers: tuple[float, float], *, post: bool) -> Histogram:
        """The histogram of this range; the cursor goes into it."""
        cursor = None if self.cursor is None else min(max(self.cursor, powers[0]), powers[1])
        return Histogram(powers, post, cursor)

    def request(self, size: Size) -> PlotRequest:
        """Ask for one bin per column; in the post's view for its bins."""
        bins = POST_BINS if self.post else canvas_columns(size.width)
        return PlotRequest(self.id, width=bins, powers=self.powers, post=self.post)

    def data(self, shown: Shown) -> Viewed | None:
        """The view that holds the series."""
        return answered(shown, self.id, post=self.post)

    def legend(self, viewed: Viewed, width: int) -> Content:
        """Names of the colours, and the numbers of candidates outside the bins and unseen."""
        assert viewed.plot is not None
        bins = Bins.of(viewed.plot)
        parts = [Content.styled("█ kept", "$live"), Content.styled("⣿ removed", "$removed")]
        parts += [Content(f"{bins.below:,} below")] if bins.below else []
        parts += [Content(f"{bins.above:,} above")] if bins.above else []
        parts += [Content(f"{viewed.tail.count:,} unseen")] if viewed.tail else []
        return fitting(parts, width)

    def draw(self, viewed: Viewed, size: Size) -> list[list[Run]]:
        """Draw the bars and the axes; in a low pane there is no line for the title of the y axis."""
        assert viewed.plot is not None
        bins, columns = Bins.of(viewed.plot), canvas_columns(size.width)
        title: list[list[Run]] = [[("quiet", "candidates".ljust(size.width))]] if size.height >= LOW else []
        rows = size.height - len(title) - lines_below(size.height)
        axis = CountAxis.of(bins.most, rows)
        bars = Bars.of(bins, axis, columns)
        cursor = None if self.cursor is None else bins.column(bins.at(self.cursor), columns)
        named = y_axis(axis.ticks(bins.most))
        canvas = [
            [("quiet", named.get(y, UNNAMED)), *bars.row(y, top=y == rows - 1, cursor=cursor)]
            for y in reversed(range(rows))
        ]
        ticks = _ticks(bins.powers[0], bins.powers[-1], columns)
        titles = ("raw probability" if self.post else "probability", "prob.")
        return [*title, *canvas, *x_axis(ticks, titles, columns, size.height)]

    @property
    def points(self) -> bool:
        """True while there is a cursor."""
        return self.cursor is not None

    def point(self, by: int, viewed: Viewed, size: Size) -> Histogram:
        """The plot with its cursor on another bin; at first it stands on the most probable candidate's."""
        assert viewed.plot is not None
        bins = Bins.of(viewed.plot)
        if not by or not bins.kept:
            return replace(self, cursor=None)
        if self.cursor is None:
            at = max((at for at, count in enumerate(bins.all) if count), default=len(bins.kept) - 1)
        else:
            at = min(max(bins.at(self.cursor) + by, 0), len(bins.kept) - 1)
        return replace(self, cursor=bins.middle(at))

    def rank(self, viewed: Viewed) -> int:
        """The best rank in the bin under the cursor; 0 if it is empty."""
        assert viewed.plot is not None and self.cursor is not None
        bins = Bins.of(viewed.plot)
        return int(bins.best[bins.at(self.cursor)])

    def reading(self, viewed: Viewed, candidate: Candidate | None, width: int) -> Content:
        """The bin's edges, how many candidates are kept and removed in it, and which is the best."""
        assert viewed.plot is not None and self.cursor is not None
        bins, best = Bins.of(viewed.plot), self.rank(viewed)
        at = bins.at(self.cursor)
        edges = [_power_text(bins.powers[end]) for end in (at, at + 1)]
        counts = [
            Content.styled(f"{edges[0]} to {edges[1]}", "$foreground"),
            Content.styled(f"{bins.kept[at]:,.0f} kept", "$live"),
            Content.styled(f"{bins.removed[at]:,.0f} removed", "$removed"),
        ]
        if not best:
            return fitting(counts, width)
        wordings = [[*counts, Content(f"best: rank {best:,}"), name(candidate, longest)] for longest in (24, 12, 6)]
        return best_fitting(wordings, width)


def _power_text(power: float) -> str:
    """10 to a power in three digits: `1.29e-3`."""
    mantissa, exponent = f"{10**power:.2e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def _ticks(low: float, high: float, columns: int) -> list[Tick]:
    """The ticks of the x axis, each on the column in which its probability begins; the right end's on the last one.

    Powers of ten first; where few are in sight, 2 and 5 times them too.
    """
    extent = high - low
    every = next((every for every in (1, 2, 5) if columns * every >= _APART * extent), 10)
    powers = range(math.floor(low), math.ceil(high) + 1)
    marks = [(float(power), 1, power) for power in powers if power % every == 0]
    if extent <= _FEW_POWERS:
        marks += [(power + math.log10(number), number, power) for number in (2, 5) for power in powers]
    return [
        Tick(min(math.floor(columns * (place - low) / extent + 1e-6), columns - 1), _tick_text(number, power))
        for place, number, power in marks
        if low - 1e-6 <= place <= high + 1e-6
    ]


def _tick_text(number: int, power: int) -> str:
    return f"{number}e{power}" if power else f"{number}"
