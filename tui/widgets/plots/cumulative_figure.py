"""One figure of the cumulative plot: curves and axes through plotext, and the labels of its cuts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from tui.core.stages import TOP_P
from tui.protocol import Plotted
from tui.widgets.cuts import CutMark
from tui.widgets.plots.labels import Label, place, place_more, place_on_line
from tui.widgets.plots.plot import Colour, Run
from tui.widgets.plots.series import series

LEFT = 5
"""Cells before the canvas: the labels of the y axis, and the axis."""
BELOW = 2
"""Lines under the canvas: the x axis, and its labels."""
TALL = 12
"""Lines from which the quarters are labelled too."""
_ALONE, _CUT, _THRESHOLD, _RAW = "┊", "│", "╌", "·"
_COLOUR_OF: dict[str, Colour] = {_ALONE: "bar", _RAW: "raw", **dict.fromkeys(map(chr, range(0x2800, 0x2900)), "live")}
"""By the marker it is drawn with; cuts and their words are the rest of the canvas."""
_ESCAPES = re.compile("\x1b\\[[0-9;]*m")
_POWERS = ("1", "10", "100", "1k", "10k", "100k", "1M")


class Curves(NamedTuple):
    """Cumulative probability at some ranks, before and after temperature."""

    ranks: Sequence[float]
    raw: Sequence[float]
    tempered: Sequence[float]

    @classmethod
    def of(cls, plotted: Plotted) -> Curves:
        """The engine's answer."""
        return cls(series(plotted, "ranks"), series(plotted, "raw"), series(plotted, "tempered"))


class Figure(NamedTuple):
    """All that one picture shows, and where things fall in it."""

    width: int
    height: int
    vocabulary: int
    curves: Curves
    marks: Sequence[CutMark]
    told: int = 0
    """Where the curves end because no more is known; 0 where they go on to the last rank."""

    @property
    def columns(self) -> int:
        """Of the canvas."""
        return canvas_width(self.width)

    @property
    def rows(self) -> int:
        """Of the canvas; the line of labels is above it."""
        return self.height - 1 - BELOW

    @property
    def right(self) -> float:
        """The x axis's end: log10 of the last rank."""
        return math.log10(max(2, self.vocabulary))

    def column(self, rank: float) -> int:
        """The canvas column of a rank, as plotext rounds it."""
        return math.floor(0.5 + (self.columns - 1) * math.log10(max(1, rank)) / self.right)

    def row(self, value: float) -> int:
        """The canvas row of a probability, 0 at the bottom, as plotext rounds it."""
        return math.floor(0.5 + (self.rows - 1) * value)

    @property
    def lines(self) -> list[CutMark]:
        """The cuts that a vertical line can show."""
        return [mark for mark in self.marks if mark.prefix and not mark.between and 0 < mark.left < self.vocabulary]

    @property
    def lines_alone(self) -> list[CutMark]:
        """The cuts that would stand elsewhere if they were the only one."""
        return [mark for mark in self.lines if mark.alone != mark.left and 0 < mark.alone < self.vocabulary]

    @property
    def nucleus(self) -> CutMark | None:
        """The top-p cut, whose threshold is a height in this plot."""
        nucleus = (mark for mark in self.marks if mark.record is TOP_P and mark.prefix and mark.values)
        return next((mark for mark in nucleus if not math.isnan(mark.mass_before)), None)


def canvas_width(width: int) -> int:
    """Columns for the curve in a pane of this width."""
    return max(1, width - LEFT)


def draw(figure: Figure) -> list[list[Run]]:
    """The figure in exactly its size: a line of labels, the canvas, the x axis."""
    plotted = _plot(figure)
    lines = [list(_runs(line, y < figure.rows)) for y, line in enumerate(plotted)]
    return [list(_label_line(figure)), *lines]


def _label_line(figure: Figure) -> Iterator[Run]:
    """What each vertical line is, over it."""
    ranked = sorted(figure.lines, key=lambda mark: mark.left)  # where lines share a column, in the cuts' own order
    cuts = place((Label(figure.column(mark.left), mark.short) for mark in ranked), figure.columns)
    alone = (Label(figure.column(mark.alone), f"{mark.symbol} alone") for mark in figure.lines_alone)
    end_of_curve = [Label(figure.column(figure.told), f"{figure.told:,} told")] if figure.told else []
    spared = place_more((*end_of_curve, *alone), cuts, figure.columns)
    end = -LEFT
    for placed in sorted((*cuts, *spared)):
        yield "quiet", " " * (placed.start - end)
        yield "cut" if placed in cuts else "quiet", placed.text
        end = placed.end
    yield "quiet", " " * (figure.columns - end)


def _runs(line: str, canvas: bool) -> Iterator[Run]:
    """One of plotext's lines by colour; a blank goes with any."""
    yield "quiet", line[:LEFT]
    colour: Colour = "quiet"

    def colour_of(character: str) -> Colour:
        nonlocal colour
        if canvas and character != " ":
            colour = _COLOUR_OF.get(character, "cut")
        return colour

    for found, characters in groupby(line[LEFT:], colour_of):
        yield found, "".join(characters)


def _plot(figure: Figure) -> list[str]:
    """plotext's own lines, from a figure cleared first: its second rendering of the same one may fail."""
    import plotext

    plotext.clear_figure()
    plotext.limit_size(False, False)
    plotext.plot_size(figure.width, figure.height - 1)
    plotext.theme("clear")
    plotext.xaxes(True, False)
    plotext.yaxes(True, False)
    # log10 by hand: plotext's own logarithmic axis takes the logarithm of the stored data in place.
    plotext.xlim(0, figure.right)
    plotext.ylim(0, 1)
    powers = [power for power in range(len(_POWERS)) if power <= figure.right]
    plotext.xticks(powers, [_POWERS[power] for power in powers])
    heights = [0.0, 0.25, 0.5, 0.75, 1.0] if figure.height >= TALL else [0.0, 0.5, 1.0]
    plotext.yticks(heights, [f"{height:.2f}" for height in heights])
    _draw_lines(plotext, figure)
    _draw_curves(plotext, figure)
    _draw_threshold_label(plotext, figure)
    return _ESCAPES.sub("", plotext.build()).rstrip("\n").split("\n")


def _draw_lines(plotext: Any, figure: Figure) -> None:
    """The cuts, under the curves: alone, threshold, left."""
    for mark in figure.lines_alone:
        plotext.plot([math.log10(mark.alone)] * 2, [0, 1], marker=_ALONE)
    if nucleus := figure.nucleus:
        plotext.plot([0, figure.right], [threshold(nucleus)] * 2, marker=_THRESHOLD)
    for mark in figure.lines:
        plotext.plot([math.log10(mark.left)] * 2, [0, 1], marker=_CUT)


def _draw_curves(plotext: Any, figure: Figure) -> None:
    """The raw curve in dots, one a column, where it is another; the tempered one over it."""
    xs = [math.log10(rank) for rank in figure.curves.ranks]
    if figure.curves.raw != figure.curves.tempered:
        dots = list(_dots(figure, xs, figure.curves.raw))
        plotext.scatter([x for x, _ in dots], [y for _, y in dots], marker=_RAW)
    plotext.plot(xs, list(figure.curves.tempered), marker="braille")


def _dots(figure: Figure, xs: Sequence[float], ys: Sequence[float]) -> Iterable[tuple[float, float]]:
    """A curve at every column of the canvas up to its end, read off between its points."""
    point, end = 0, figure.column(figure.told) if figure.told else figure.columns - 1
    for column in range(min(end + 1, figure.columns)):
        x = figure.right * column / max(1, figure.columns - 1)
        while point + 2 < len(xs) and xs[point + 1] < x:
            point += 1
        ahead = min(point + 1, len(xs) - 1)
        step = xs[ahead] - xs[point]
        share = min(max((x - xs[point]) / step, 0.0), 1.0) if step else 0.0
        yield x, ys[point] + share * (ys[ahead] - ys[point])


def threshold(nucleus: CutMark) -> float:
    """Top-p's height in the full curve: p of what the stages before it left."""
    return min(1.0, nucleus.values[0] * nucleus.mass_before)


def threshold_texts(nucleus: CutMark) -> list[str]:
    """What the threshold is, in fewer and fewer words."""
    mass = f"{nucleus.mass_before:.2f}"
    if mass == "1.00" or not nucleus.after:
        return [nucleus.value]
    return [f"{nucleus.value} of the {mass} that {nucleus.after} left", f"{nucleus.value} of {mass}", nucleus.value]


def _draw_threshold_label(plotext: Any, figure: Figure) -> None:
    """On the threshold's line, clear of the curve and of the vertical lines."""
    if not (nucleus := figure.nucleus):
        return
    height = threshold(nucleus)
    busy = set(_columns_at(figure, figure.row(height))) | {figure.column(mark.left) for mark in figure.lines}
    if placed := place_on_line(threshold_texts(nucleus), busy, figure.columns):
        x = figure.right * placed.start / max(1, figure.columns - 1)
        plotext.text(placed.text, x, height, alignment="left")


def _columns_at(figure: Figure, row: int) -> Iterable[int]:
    """The columns in which the tempered curve passes through a row."""
    before = (0, 0)
    points = zip(figure.curves.ranks, figure.curves.tempered, strict=True)
    for column, height in ((figure.column(rank), figure.row(value)) for rank, value in points):
        if before[1] <= row <= height:
            yield from range(before[0], column + 1)
        before = (column, height)
