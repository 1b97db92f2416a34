"""The probabilities by rank under several temperatures, on one axis: what dividing the logits does to one step."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from textual.content import Content
from textual.geometry import Size

from tui.core.labels import number_text
from tui.core.stages import TEMPERATURE
from tui.protocol import Candidate, PlotRequest, Viewed
from tui.widgets.numbers import percent
from tui.widgets.plots.axes import ACROSS, EvenAxis, RankAxis, Tick, rank_axis, rank_ticks
from tui.widgets.plots.canvas import Canvas, Pen
from tui.widgets.plots.cursor import CURSOR, CURSOR_KEYS, name, next_stop, share, stops
from tui.widgets.plots.frame import UNNAMED, canvas_columns, canvas_rows, line_above, x_axis, y_axis
from tui.widgets.plots.plot import Colour, Move, Run, Shown, answered, fitting
from tui.widgets.plots.series import series

HELP = f"""\
# Probability by rank, under several temperatures

How probable the candidate of each rank is on this step, after the penalties and before any cut, if the logits are
divided by T = 0.5, 1 or 2, and by the temperature in force (`━`, thick). The order of the candidates never changes.
Ranks are on a logarithmic axis. With the focus on the plot, `-` goes from a logarithmic axis of probabilities, which
begins at 1e-12 or higher, to a linear one, then to the post's figure, and back.

The post's figure is not of this step: it shows 1,000 random logits, `np.exp(np.random.random(1000))`, on linear axes.
The post gives no seed; here it is that of the post's runs, 42.

{CURSOR_KEYS} Read there: the rank, the token, and its probability under each temperature.

Where a server tells only the best tokens, only the temperature in force is drawn, as the least that it may be.
"""
LEAST_POWER = -12
"""The logarithmic axis of probabilities begins at 10 to this power, or higher."""
_ROOMY = 72
"""Cells from which on each temperature has its own words in what is read under the cursor."""
_STEPS = (1.0, 2.0, 3.0, 4.0, 6.0)
"""Powers of ten between two ticks."""


class _Line(NamedTuple):
    """How the curve of a temperature is drawn, and named on the curve and in the legend."""

    name: str
    pen: Pen
    colour: Colour
    sign: str
    share: float
    """At which part of the axis the name stands on the curve."""
    temperature: float = 0.0

    @property
    def short(self) -> str:
        """The temperature alone: `T=0.70`."""
        return self.name.split(" ")[0]


_LINES: Mapping[str, _Line] = {
    "half": _Line("T=0.5", "thin", "cut", "─", 0.3, 0.5),
    "one": _Line("T=1", "thin", "raw", "─", 0.5, 1.0),
    "two": _Line("T=2", "dotted", "foreground", "┈", 0.7, 2.0),
}


_VIEWS = ((False, False), (True, False), (True, True))
"""The views that one key goes through: (linear, the post's)."""


@dataclass(frozen=True)
class Temperature:
    """Probabilities by rank under T = 0.5, 1, 2 and the temperature in force."""

    linear: bool = False
    """True for a linear axis of probabilities."""
    post: bool = False
    """True for the post's figure, on random logits and with linear axes."""
    cursor: int = 0
    """The rank under the cursor; 0 if there is none."""
    id = "temperatures"
    help = HELP

    @property
    def title(self) -> str:
        """Name of the plot; of the post's figure, that it is of other logits."""
        return "Temperatures on the post's random logits" if self.post else "Probability under temperatures"

    def moved(self, move: Move, viewed: Viewed) -> Temperature:
        """Show the next view; the ranks are always all of them."""
        if move == "view":
            linear, post = _VIEWS[(_VIEWS.index((self.linear, self.post)) + 1) % len(_VIEWS)]
            return replace(self, linear=linear, post=post)
        return replace(self, cursor=0) if move == "whole" else self

    def request(self, size: Size) -> PlotRequest:
        """Ask for as many ranks as a line of braille has dots; of the post's smooth curves for half of them."""
        columns = max(10, canvas_columns(size.width))
        return (
            PlotRequest(self.id, columns, "linear", post=True) if self.post else PlotRequest(self.id, ACROSS * columns)
        )

    def data(self, shown: Shown) -> Viewed | None:
        """The view that holds the series."""
        return answered(shown, self.id, post=self.post)

    def legend(self, viewed: Viewed, width: int) -> Content:
        """Names of the curves, the one in force first."""
        lines = [line for line, _ in _curves(viewed)]
        parts = [Content.styled(f"{line.sign} {line.name}", f"${line.colour}") for line in lines]
        return fitting([Content.styled("not this step", "$cut"), *parts] if self.post else parts, width)

    def draw(self, viewed: Viewed, size: Size) -> list[list[Run]]:
        """Draw the curves, each with its name on it, and the axes."""
        curves, ranks = _curves(viewed), self._axis(viewed, size)
        heights = _Heights.of(
            [value for _, curve in curves for _, value in curve], canvas_rows(size.height), self.linear
        )
        canvas = Canvas(ranks.columns, canvas_rows(size.height))
        seen = [(line, [one for one in curve if heights.holds(one[1])]) for line, curve in curves]
        for line, curve in seen:
            _write_name(canvas, line, [(ranks.column(rank), heights.row(value)) for rank, value in curve])
        if self.points:
            canvas.column_line(ranks.column(self._nearest(viewed)), CURSOR, "foreground")
        for line, curve in filter(lambda one: one[1], seen):
            xs, ys = [ranks.dot(rank) for rank, _ in curve], [heights.dot(value) for _, value in curve]
            canvas.curve(xs, ys, line.pen, line.colour)
        named = y_axis(heights.ticks())
        rows: list[list[Run]] = [
            [("quiet", named.get(row, UNNAMED)), *canvas.runs(row)] for row in reversed(range(canvas.rows))
        ]
        below = x_axis(
            rank_ticks(ranks), ("rank",) if self.post else ("rank (log)", "rank"), ranks.columns, size.height
        )
        return [line_above("prob.", [], ranks.columns), *rows, *below]

    def _axis(self, viewed: Viewed, size: Size) -> RankAxis:
        last = int(_ranks(viewed)[-1]) if self.post else viewed.vocabulary
        return rank_axis(canvas_columns(size.width), last, scale="linear" if self.post else "log")

    @property
    def points(self) -> bool:
        """True while there is a cursor."""
        return self.cursor > 0

    def point(self, by: int, viewed: Viewed, size: Size) -> Temperature:
        """The plot with its cursor on another rank; at first on the best one."""
        places = stops(_ranks(viewed), (), self._axis(viewed, size).column)
        if not by or not places:
            return replace(self, cursor=0)
        return replace(self, cursor=next_stop(places, self.cursor, by) if self.cursor else places[0])

    def rank(self, viewed: Viewed) -> int:
        """The rank under the cursor; 0 in the post's figure, whose ranks are of no candidates."""
        return 0 if self.post else self._nearest(viewed)

    def _nearest(self, viewed: Viewed) -> int:
        """The last of the plot's ranks up to the cursor: after a resize the plot has others."""
        ranks = _ranks(viewed)
        return int(ranks[max(0, bisect_right(ranks, self.cursor) - 1)])

    def reading(self, viewed: Viewed, candidate: Candidate | None, width: int) -> Content:
        """Rank, token, and its probability under each temperature, the one in force first."""
        rank = self._nearest(viewed)
        shares = [(line, value) for line, curve in _curves(viewed) for at, value in curve if at == rank]
        number = Content.styled(f"rank {rank:,}", "$foreground")
        named = Content.styled("not this step", "$cut") if self.post else name(candidate, 12)
        if width < _ROOMY:
            return fitting([number, _briefly(shares), named], width)
        each = [Content.styled(f"{line.short} {share(value)}", f"${line.colour}") for line, value in shares]
        return fitting([number, named, *each], width)


def _briefly(shares: Sequence[tuple[_Line, float]]) -> Content:
    """`T=0.70/0.5/1/2: 5.1/8.3/2.9/0.7 %`."""
    temperatures = "/".join(line.short.removeprefix("T=") for line, _ in shares)
    values = [Content.styled(percent(value), f"${line.colour}") for line, value in shares]
    return Content.assemble(f"T={temperatures}: ", Content("/").join(values), " %")


def _ranks(viewed: Viewed) -> Sequence[float]:
    assert viewed.plot is not None
    return series(viewed.plot, "ranks")


def _curves(viewed: Viewed) -> list[tuple[_Line, Sequence[tuple[float, float]]]]:
    """Each curve with its (rank, probability) pairs, the temperature in force first; it is drawn once."""
    assert viewed.plot is not None
    drawing = viewed.settings.get("do_sample")
    greedy = drawing is not None and drawing.value is False  # which skips the temperature
    now = 1.0 if greedy else float(viewed.settings[TEMPERATURE.name].value or 1.0)
    uncertain = viewed.tail and not viewed.tail.tempered.exact and not viewed.plot.post
    least = ", at least" if uncertain else ""
    lines = {"now": _Line(f"T={number_text(now)} in force{least}", "thick", "live", "━", 0.15)}
    lines |= {name: line for name, line in _LINES.items() if line.temperature != now}
    ranks = _ranks(viewed)
    curves = [
        (line, [pair for pair in zip(ranks, series(viewed.plot, name), strict=True) if math.isfinite(pair[1])])
        for name, line in lines.items()
    ]
    return [(line, curve) for line, curve in curves if curve]


def _write_name(canvas: Canvas, line: _Line, cells: Sequence[tuple[int, int]]) -> None:
    """Write a curve's temperature on it, where there is room over the bottom row: it is known without its colour."""
    name = line.short
    column, row = next(((x, y) for x, y in cells if x >= line.share * canvas.columns), (canvas.columns, 0))
    if (
        row
        and column + len(name) < canvas.columns
        and not canvas.busy(row) & set(range(column - 1, column + len(name) + 1))
    ):
        canvas.put(column, row, name, line.colour)


class _Heights(NamedTuple):
    """The axis of probabilities; a logarithmic one is even in their powers of ten."""

    axis: EvenAxis
    linear: bool

    @classmethod
    def of(cls, values: Sequence[float], rows: int, linear: bool) -> _Heights:
        """The axis that holds these probabilities."""
        if linear:
            return cls(EvenAxis.of(0.0, max(values, default=1.0) or 1.0, rows), linear)
        least = min((value for value in values if value > 0), default=1.0)
        power = min(-1, max(LEAST_POWER, math.floor(math.log10(least))))
        steps = [step for step in _STEPS if step <= -power]
        return cls(EvenAxis.of(power, 0.0, rows, steps), linear)

    def holds(self, value: float) -> bool:
        """True if a probability lies on the axis, and not below its end."""
        return self.linear or (value > 0 and math.log10(value) >= self.axis.low)

    def dot(self, value: float) -> float:
        """The position of a probability in dots."""
        return self.axis.dot(value if self.linear else math.log10(value))

    def row(self, value: float) -> int:
        """The canvas row of a probability."""
        return self.axis.row(value if self.linear else math.log10(value))

    def ticks(self) -> list[Tick]:
        """The ticks of the axis."""
        if self.linear:
            return self.axis.ticks()
        return [Tick(self.axis.row(power), f"1e{power:.0f}" if power else "1") for power in self.axis.values()]
