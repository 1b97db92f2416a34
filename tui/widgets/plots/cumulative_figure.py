"""Draws one figure of the cumulative plot: curves and axes with plotext, and the labels of the cuts."""

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
"""Cells left of the canvas, for the y axis and its labels."""
BELOW = 2
"""Lines below the canvas, for the x axis and its labels."""
TALL = 12
"""Figure height in lines from which 0.25 and 0.75 are labelled too."""
_ALONE, _CUT, _THRESHOLD, _RAW = "┊", "│", "╌", "·"
_COLOUR_OF: dict[str, Colour] = {_ALONE: "bar", _RAW: "raw", **dict.fromkeys(map(chr, range(0x2800, 0x2900)), "live")}
"""The colour of a character of the canvas; all other characters belong to cuts and their labels."""
_ESCAPES = re.compile("\x1b\\[[0-9;]*m")
_POWERS = ("1", "10", "100", "1k", "10k", "100k", "1M")


class Curves(NamedTuple):
    """Cumulative probabilities at some ranks, before (raw) and after penalties and temperature (tempered)."""

    ranks: Sequence[float]
    raw: Sequence[float]
    tempered: Sequence[float]

    @classmethod
    def of(cls, plotted: Plotted) -> Curves:
        """Read the curves from the engine's reply."""
        return cls(series(plotted, "ranks"), series(plotted, "raw"), series(plotted, "tempered"))


class Figure(NamedTuple):
    """The data of one figure, and the conversion of ranks and probabilities to cells."""

    width: int
    height: int
    vocabulary: int
    curves: Curves
    marks: Sequence[CutMark]
    known_ranks: int = 0
    """The rank at which the curves end because only the head is known; 0 if they reach the last rank."""

    @property
    def columns(self) -> int:
        """Columns of the canvas."""
        return canvas_width(self.width)

    @property
    def rows(self) -> int:
        """Rows of the canvas, without the label line above it."""
        return self.height - 1 - BELOW

    @property
    def right(self) -> float:
        """The right end of the x axis: log10 of the last rank."""
        return math.log10(max(2, self.vocabulary))

    def column(self, rank: float) -> int:
        """The canvas column of a rank, rounded as plotext does."""
        return math.floor(0.5 + (self.columns - 1) * math.log10(max(1, rank)) / self.right)

    def row(self, value: float) -> int:
        """The canvas row of a probability, 0 at the bottom, rounded as plotext does."""
        return math.floor(0.5 + (self.rows - 1) * value)

    @property
    def lines(self) -> list[CutMark]:
        """The cuts drawn as vertical lines: decided ones that keep a prefix of the ranking."""
        return [mark for mark in self.marks if mark.prefix and not mark.between and 0 < mark.left < self.vocabulary]

    @property
    def lines_alone(self) -> list[CutMark]:
        """The cuts that would leave another number if they were the only cut."""
        return [mark for mark in self.lines if mark.alone != mark.left and 0 < mark.alone < self.vocabulary]

    @property
    def nucleus(self) -> CutMark | None:
        """The top-p cut, whose threshold is drawn as a horizontal line; None without one."""
        nucleus = (mark for mark in self.marks if mark.record is TOP_P and mark.prefix and mark.values)
        return next((mark for mark in nucleus if not math.isnan(mark.mass_before)), None)


def canvas_width(width: int) -> int:
    """Columns of the canvas in a pane of this width."""
    return max(1, width - LEFT)


def draw(figure: Figure) -> list[list[Run]]:
    """Draw the figure in exactly its size: the label line, the canvas, the x axis."""
    plotted = _plot(figure)
    lines = [list(_runs(line, y < figure.rows)) for y, line in enumerate(plotted)]
    return [list(_label_line(figure)), *lines]


def _label_line(figure: Figure) -> Iterator[Run]:
    """The line of labels above the vertical lines."""
    ranked = sorted(figure.lines, key=lambda mark: mark.left)  # cuts in one column are ordered by rank
    cuts = place((Label(figure.column(mark.left), mark.short) for mark in ranked), figure.columns)
    alone = (Label(figure.column(mark.alone), f"{mark.symbol} alone") for mark in figure.lines_alone)
    end_of_curve = (
        [Label(figure.column(figure.known_ranks), f"{figure.known_ranks:,} told")] if figure.known_ranks else []
    )
    spared = place_more((*end_of_curve, *alone), cuts, figure.columns)
    end = -LEFT
    for placed in sorted((*cuts, *spared)):
        yield "quiet", " " * (placed.start - end)
        yield "cut" if placed in cuts else "quiet", placed.text
        end = placed.end
    yield "quiet", " " * (figure.columns - end)


def _runs(line: str, canvas: bool) -> Iterator[Run]:
    """Split one of plotext's lines into runs of one colour; blanks join the run before them."""
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
    """The lines that plotext draws. The figure is cleared first, because drawing the same one twice may fail."""
    import plotext

    plotext.clear_figure()
    plotext.limit_size(False, False)
    plotext.plot_size(figure.width, figure.height - 1)
    plotext.theme("clear")
    plotext.xaxes(True, False)
    plotext.yaxes(True, False)
    # Logarithms are taken here, because plotext's logarithmic axis replaces the stored data by its logarithm.
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
    """Draw the lines under the curves: where each cut would be alone, top-p's threshold, the cuts."""
    for mark in figure.lines_alone:
        plotext.plot([math.log10(mark.alone)] * 2, [0, 1], marker=_ALONE)
    if nucleus := figure.nucleus:
        plotext.plot([0, figure.right], [threshold(nucleus)] * 2, marker=_THRESHOLD)
    for mark in figure.lines:
        plotext.plot([math.log10(mark.left)] * 2, [0, 1], marker=_CUT)


def _draw_curves(plotext: Any, figure: Figure) -> None:
    """Draw the raw curve as one dot per column, if it differs, and the tempered curve over it."""
    xs = [math.log10(rank) for rank in figure.curves.ranks]
    if figure.curves.raw != figure.curves.tempered:
        dots = list(_dots(figure, xs, figure.curves.raw))
        plotext.scatter([x for x, _ in dots], [y for _, y in dots], marker=_RAW)
    plotext.plot(xs, list(figure.curves.tempered), marker="braille")


def _dots(figure: Figure, xs: Sequence[float], ys: Sequence[float]) -> Iterable[tuple[float, float]]:
    """A curve's (x, y) at every column up to its end, interpolated linearly."""
    point, end = 0, figure.column(figure.known_ranks) if figure.known_ranks else figure.columns - 1
    for column in range(min(end + 1, figure.columns)):
        x = figure.right * column / max(1, figure.columns - 1)
        while point + 2 < len(xs) and xs[point + 1] < x:
            point += 1
        ahead = min(point + 1, len(xs) - 1)
        step = xs[ahead] - xs[point]
        share = min(max((x - xs[point]) / step, 0.0), 1.0) if step else 0.0
        yield x, ys[point] + share * (ys[ahead] - ys[point])


def threshold(nucleus: CutMark) -> float:
    """Top-p's threshold as a cumulative probability: p times the mass that the stages before it left."""
    return min(1.0, nucleus.values[0] * nucleus.mass_before)


def threshold_texts(nucleus: CutMark) -> list[str]:
    """The threshold's label in several wordings, longest first."""
    mass = f"{nucleus.mass_before:.2f}"
    if mass == "1.00" or not nucleus.after:
        return [nucleus.value]
    return [f"{nucleus.value} of the {mass} that {nucleus.after} left", f"{nucleus.value} of {mass}", nucleus.value]


def _draw_threshold_label(plotext: Any, figure: Figure) -> None:
    """Write the label on the threshold's line, clear of the curve and the vertical lines."""
    if not (nucleus := figure.nucleus):
        return
    height = threshold(nucleus)
    busy = set(_columns_at(figure, figure.row(height))) | {figure.column(mark.left) for mark in figure.lines}
    if placed := place_on_line(threshold_texts(nucleus), busy, figure.columns):
        x = figure.right * placed.start / max(1, figure.columns - 1)
        plotext.text(placed.text, x, height, alignment="left")


def _columns_at(figure: Figure, row: int) -> Iterable[int]:
    """The columns in which the tempered curve crosses a row."""
    before = (0, 0)
    points = zip(figure.curves.ranks, figure.curves.tempered, strict=True)
    for column, height in ((figure.column(rank), figure.row(value)) for rank, value in points):
        if before[1] <= row <= height:
            yield from range(before[0], column + 1)
        before = (column, height)
