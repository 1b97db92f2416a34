"""A scatter plot of numbered points on two linear axes. Pure drawing: values in, coloured lines out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from textual.geometry import Size

from tui.widgets.plots.axes import EvenAxis, LinearAxis, Tick, round_step
from tui.widgets.plots.canvas import Canvas
from tui.widgets.plots.frame import LEFT, UNNAMED, canvas_columns, canvas_rows, x_axis, y_axis
from tui.widgets.plots.plot import Run

MARK, CHOSEN = "•", "◆"
_COARSE = (1, 2, 4, 5, 10)
"""How many of the axis's steps may lie between two ticks."""
_PARTS = 4
"""An axis has so many round steps, or some more."""
_DIGITS = 3
"""Decimals of the finest step between numbers below 10."""


class Point(NamedTuple):
    """One point, named by its number."""

    number: int
    x: float
    y: float


@dataclass(frozen=True)
class Scatter:
    """Points, one of them chosen. What is not finite has no place, and is not drawn."""

    points: tuple[Point, ...]
    x_titles: Sequence[str]
    """Wordings of the name of the x axis, the longest first."""
    y_title: str
    chosen: int | None = None
    """The number of the point that is marked."""
    joined: bool = False
    """True if a dotted line leads from each point to the next: where one thing only differs from point to point."""

    @property
    def drawn(self) -> list[Point]:
        """The points that have a place, the chosen one first."""
        known = [point for point in self.points if math.isfinite(point.x) and math.isfinite(point.y)]
        return sorted(known, key=lambda point: point.number != self.chosen)

    def axes(self, size: Size) -> tuple[LinearAxis, EvenAxis]:
        """The axes that hold all points drawn, in a pane of this size. ValueError if there are none."""
        low, high, _ = _extent([point.x for point in self.drawn])
        bottom, top, step = _extent([point.y for point in self.drawn])
        parts = round((top - bottom) / step)
        steps = [step * count for count in _COARSE if parts % count == 0]
        rows = canvas_rows(size.height)
        return LinearAxis(canvas_columns(size.width), low, high), EvenAxis.of(bottom, top, rows, steps)

    def draw(self, size: Size, above: str = "") -> list[list[Run]]:
        """Draw the plot in exactly this size, with a text `above` at the right, about the chosen point."""
        across, up = self.axes(size)
        canvas = Canvas(across.columns, canvas_rows(size.height))
        cells = self.cells(size)
        for (column, row), numbers in cells.items():
            chosen = self.chosen in numbers
            canvas.put(column, row, CHOSEN if chosen else MARK, "live" if chosen else "foreground")
        for (column, row), numbers in cells.items():
            self._name(canvas, column, row, numbers)
        if self.joined:
            line = sorted(self.drawn)
            canvas.curve([across.dot(one.x) for one in line], [up.dot(one.y) for one in line], "dotted", "quiet")
        named = y_axis(up.ticks())
        rows: list[list[Run]] = [
            [("quiet", named.get(row, UNNAMED)), *canvas.runs(row)] for row in reversed(range(canvas.rows))
        ]
        return [self._line_above(across.columns, above), *rows, *self._line_below(across, size)]

    def cells(self, size: Size) -> dict[tuple[int, int], list[int]]:
        """(column, row) on the canvas → the numbers of the points in that cell."""
        across, up = self.axes(size)
        cells: dict[tuple[int, int], list[int]] = {}
        for point in self.drawn:
            cells.setdefault((across.column(point.x), up.row(point.y)), []).append(point.number)
        return cells

    def nearest(self, column: int, row: int, size: Size) -> int | None:
        """The number of the point nearest to a cell of the pane, counted from its top left; None without points."""
        if not self.drawn:
            return None
        top = canvas_rows(size.height)
        at = {
            number: (LEFT + x - column) ** 2 + 4 * (top - y - row) ** 2  # a cell is twice as high as it is wide
            for (x, y), numbers in self.cells(size).items()
            for number in numbers
        }
        return min(at, key=lambda number: at[number])

    def _name(self, canvas: Canvas, column: int, row: int, numbers: list[int]) -> None:
        """Write a cell's numbers where there is room: right of it, left of it, above it or below it."""
        name = ",".join(map(str, sorted(numbers)))
        for at, beside in ((column + 1, row), (column - len(name), row), (column, row + 1), (column, row - 1)):
            room = set(range(at, at + len(name)))
            if at >= 0 and at + len(name) <= canvas.columns and not room & canvas.busy(beside):
                canvas.put(at, beside, name, "live" if self.chosen in numbers else "foreground")
                return

    def _line_above(self, columns: int, above: str) -> list[Run]:
        room = LEFT + columns - len(self.y_title) - 2
        said = above if 0 < len(above) <= room else ""
        blanks = " " * (LEFT + columns - len(self.y_title) - len(said))
        return [("quiet", f"{self.y_title}{blanks}"[: LEFT + columns]), ("live", said)]

    def _line_below(self, across: LinearAxis, size: Size) -> list[list[Run]]:
        return x_axis(_ticks(across), self.x_titles, across.columns, size.height)


def _extent(values: Sequence[float]) -> tuple[float, float, float]:
    """(low, high, step): the round numbers around these values, and the round step that both are multiples of.

    The step is so large that the labels of two ticks are no longer than four digits.
    """
    low, high = min(values), max(values)
    finest = 10.0 ** (math.floor(math.log10(max(1.0, abs(low), abs(high)))) - _DIGITS)
    step = round_step(max((high - low) / _PARTS, finest))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    if first == last:
        first, last = first - 1 if first else 0, last + 1  # a share of 0 has none below it
    return first * step, last * step, step


def _ticks(axis: LinearAxis) -> list[Tick]:
    """A tick at every round step from the axis's left end to its right one."""
    _, _, step = _extent([axis.low, axis.high])
    digits = max(0, -math.floor(math.log10(step)))
    values = [axis.low + step * number for number in range(round((axis.high - axis.low) / step) + 1)]
    return [axis.at(value, f"{value:.{digits}f}") for value in values]
