"""The probabilities by rank under several temperatures, on one axis: what dividing the logits does to one step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from textual.content import Content
from textual.geometry import Size

from tui.core.labels import number_text
from tui.core.stages import TEMPERATURE
from tui.protocol import PlotRequest, Viewed
from tui.widgets.plots.axes import ACROSS, EvenAxis, Tick, rank_axis, rank_ticks
from tui.widgets.plots.canvas import Canvas, Pen
from tui.widgets.plots.frame import UNNAMED, canvas_columns, canvas_rows, line_above, x_axis, y_axis
from tui.widgets.plots.plot import Colour, Move, Run, Shown, answered, fitting
from tui.widgets.plots.series import series

HELP = """\
# Probability by rank, under several temperatures

How probable the candidate of each rank is on this step, after the penalties and before any cut, if the logits are
divided by T = 0.5, 1 or 2, and by the temperature in force (`━`, thick). The order of the candidates never changes.
Ranks are on a logarithmic axis. With the focus on the plot, `-` goes from a logarithmic axis of probabilities, which
begins at 1e-12 or higher, to a linear one, and back.

Where a server tells only the best tokens, only the temperature in force is drawn, as the least that it may be.
"""
LEAST_POWER = -12
"""The logarithmic axis of probabilities begins at 10 to this power, or higher."""
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


_LINES: Mapping[str, _Line] = {
    "half": _Line("T=0.5", "thin", "cut", "─", 0.3, 0.5),
    "one": _Line("T=1", "thin", "raw", "─", 0.5, 1.0),
    "two": _Line("T=2", "dotted", "foreground", "┈", 0.7, 2.0),
}


@dataclass(frozen=True)
class Temperature:
    """Probabilities by rank under T = 0.5, 1, 2 and the temperature in force."""

    linear: bool = False
    """True for a linear axis of probabilities."""
    id = "temperatures"
    title = "Probability under temperatures"
    help = HELP

    def moved(self, move: Move, viewed: Viewed) -> Temperature:
        """Change the axis of probabilities."""
        return replace(self, linear=not self.linear) if move == "view" else self

    def request(self, size: Size) -> PlotRequest:
        """Ask for as many ranks as a line of braille has dots."""
        return PlotRequest(self.id, width=ACROSS * max(10, canvas_columns(size.width)))

    def data(self, shown: Shown) -> Viewed | None:
        """The view that holds the series."""
        return answered(shown, self.id)

    def legend(self, viewed: Viewed, width: int) -> Content:
        """Names of the curves, the one in force first."""
        lines = [line for line, _ in _curves(viewed)]
        return fitting([Content.styled(f"{line.sign} {line.name}", f"${line.colour}") for line in lines], width)

    def draw(self, viewed: Viewed, size: Size) -> list[list[Run]]:
        """Draw the curves, each with its name on it, and the axes."""
        curves, ranks = _curves(viewed), rank_axis(canvas_columns(size.width), viewed.vocabulary)
        heights = _Heights.of(
            [value for _, curve in curves for _, value in curve], canvas_rows(size.height), self.linear
        )
        canvas = Canvas(ranks.columns, canvas_rows(size.height))
        seen = [(line, [one for one in curve if heights.holds(one[1])]) for line, curve in curves]
        for line, curve in seen:
            _write_name(canvas, line, [(ranks.column(rank), heights.row(value)) for rank, value in curve])
        for line, curve in filter(lambda one: one[1], seen):
            xs, ys = [ranks.dot(rank) for rank, _ in curve], [heights.dot(value) for _, value in curve]
            canvas.curve(xs, ys, line.pen, line.colour)
        named = y_axis(heights.ticks())
        rows: list[list[Run]] = [
            [("quiet", named.get(row, UNNAMED)), *canvas.runs(row)] for row in reversed(range(canvas.rows))
        ]
        below = x_axis(rank_ticks(ranks), ("rank (log)", "rank"), ranks.columns, size.height)
        return [line_above("prob.", [], ranks.columns), *rows, *below]


def _curves(viewed: Viewed) -> list[tuple[_Line, Sequence[tuple[float, float]]]]:
    """Each curve with its (rank, probability) pairs, the temperature in force first; it is drawn once."""
    assert viewed.plot is not None
    drawing = viewed.settings.get("do_sample")
    greedy = drawing is not None and drawing.value is False  # which skips the temperature
    now = 1.0 if greedy else float(viewed.settings[TEMPERATURE.name].value or 1.0)
    least = ", at least" if viewed.tail and not viewed.tail.tempered.exact else ""
    lines = {"now": _Line(f"T={number_text(now)} in force{least}", "thick", "live", "━", 0.15)}
    lines |= {name: line for name, line in _LINES.items() if line.temperature != now}
    ranks = series(viewed.plot, "ranks")
    curves = [
        (line, [pair for pair in zip(ranks, series(viewed.plot, name), strict=True) if math.isfinite(pair[1])])
        for name, line in lines.items()
    ]
    return [(line, curve) for line, curve in curves if curve]


def _write_name(canvas: Canvas, line: _Line, cells: Sequence[tuple[int, int]]) -> None:
    """Write a curve's temperature on it, where there is room over the bottom row: it is known without its colour."""
    name = line.name.split(" ")[0]
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
