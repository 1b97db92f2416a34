"""Draws one figure of the cumulative plot: its curves, the cuts with their labels, top-p's threshold, two tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from textual.geometry import Size

from tui.protocol import Candidate, Viewed
from tui.widgets.cuts import CutMark, cut_marks
from tui.widgets.plots.axes import ACROSS, EvenAxis, LogAxis, RankAxis, ShareAxis, nearest, rank_ticks
from tui.widgets.plots.canvas import Canvas, Pen
from tui.widgets.plots.cursor import CURSOR, ON_CURVE
from tui.widgets.plots.curves import Curve
from tui.widgets.plots.cut_lines import CutLine, Threshold, lines_alone, lines_left, threshold
from tui.widgets.plots.frame import LEFT, UNNAMED, canvas_columns, canvas_rows, line_above, x_axis, y_axis
from tui.widgets.plots.labels import Label, Placed, place_all, place_right
from tui.widgets.plots.plot import Colour, Run
from tui.widgets.plots.ranges import ALL, POST_CUT, POST_FLOOR, POST_STEPS, POST_THRESHOLD, POST_TOP, RankRange

WOULD, DRAWN, CROSSING = "▸", "•", "◆"
"""The token that this seed draws, the token with which the branch goes on, and where the curve reaches top-p."""
_CUT, _ALONE, _THRESHOLD = "│", "┊", "╌"


class Figure(NamedTuple):
    """What one figure shows, and its axes."""

    height: int
    ranks: RankAxis
    shares: ShareAxis | EvenAxis
    rows: int
    raw: Curve
    tempered: Curve
    same: bool
    """True if both curves are equal, so that only one is drawn."""
    kept: int
    """The last rank of the part of the tempered curve that is kept; 0 if the kept set is no prefix, or not known."""
    cuts: Sequence[CutLine]
    alone: Sequence[CutLine]
    thresholds: Sequence[tuple[Threshold, Colour]]
    """Top-p's, and the post's in its own view."""
    would: int
    """Rank of the token that this seed draws; 0 if there is none."""
    drawn: int
    """Rank of the token with which the branch goes on; 0 if there is none."""
    told: int
    """The rank at which the curves end because only the head is known; 0 if they reach the last rank."""
    cursor: int = 0
    """The rank under the cursor; 0 if there is none."""

    @classmethod
    def of(cls, viewed: Viewed, size: Size, ranks: RankRange = ALL, cursor: int = 0) -> Figure:
        """The figure of a view with this plot's series; of lines and tokens, those that are in sight."""
        assert viewed.plot is not None
        marks = cut_marks(viewed, viewed.candidates)
        axis, rows = ranks.axis(canvas_columns(size.width), viewed.vocabulary), canvas_rows(size.height)
        raw, tempered = (Curve.of(viewed.plot, name).within(axis.low, axis.high) for name in ("raw", "tempered"))
        alone, thresholds = lines_alone(marks, viewed.vocabulary), _thresholds(marks)
        if ranks.post:
            shares: ShareAxis | EvenAxis = EvenAxis.of(POST_FLOOR, POST_TOP, rows, POST_STEPS)
            raw, tempered = raw.above(POST_FLOOR), tempered.above(POST_FLOOR)
            alone, thresholds = [POST_CUT, *alone], [*thresholds, (POST_THRESHOLD, "bar")]
        else:
            heights = [*raw.values[:1], *tempered.values[:1], *(line.value for line, _ in thresholds)]
            shares = ShareAxis.of(min(heights, default=0.0), rows)
        told = viewed.tail.told if viewed.tail else 0
        would, drawn, told, cursor = (
            rank if axis.low <= rank <= axis.high else 0
            for rank in (rank_of(viewed.would), rank_of(viewed.followed), told, cursor)
        )
        return cls(
            size.height, axis, shares, rows, raw, tempered, raw == tempered, kept_prefix(viewed, marks),
            _in_sight(lines_left(marks), axis), _in_sight(alone, axis),
            [(line, colour) for line, colour in thresholds if line.value >= shares.low], would, drawn, told,
            cursor,
        )  # fmt: skip


def _in_sight(lines: Sequence[CutLine], axis: RankAxis) -> list[CutLine]:
    return [line for line in lines if axis.low <= line.rank <= axis.high]


def _thresholds(marks: Sequence[CutMark]) -> list[tuple[Threshold, Colour]]:
    nucleus = threshold(marks)
    return [(nucleus, "cut")] if nucleus else []


def kept_prefix(viewed: Viewed, marks: Sequence[CutMark]) -> int:
    """How many candidates are kept, if those are the best ones; 0 if they are not, or it is not decided."""
    return viewed.kept if all(mark.prefix for mark in marks) else 0


def rank_of(candidate: Candidate | None) -> int:
    """The rank of a candidate, if it has one; else 0."""
    return candidate.rank if candidate is not None else 0


def follows_would(viewed: Viewed) -> bool:
    """True if the branch goes on with the token that this seed draws."""
    return viewed.followed is not None and viewed.followed.token == viewed.would_draw


class _Labels(NamedTuple):
    """The labels above the canvas. A vertical line is drawn only if its label has a place."""

    cuts: Sequence[Label]
    alone: Sequence[Label]
    placed: Mapping[Label, Placed]

    @classmethod
    def of(cls, figure: Figure) -> _Labels:
        """Place the labels: the cuts first, then the end of the head, then what cuts would leave alone."""
        column, columns = figure.ranks.column, figure.ranks.columns
        cuts = [Label(column(line.rank), line.texts) for line in figure.cuts]
        taken = {label.column for label in cuts}
        alone = [Label(column(line.rank), line.texts) for line in figure.alone if column(line.rank) not in taken]
        told = [Label(column(figure.told), (f"{figure.told:,} told",))] if figure.told else []
        return cls(cuts, alone, place_all(cuts, [*told, *alone], columns, LEFT))

    def coloured(self) -> list[tuple[Colour, Placed]]:
        """Every placed label with its colour."""
        return [("cut" if label in self.cuts else "quiet", placed) for label, placed in self.placed.items()]


def draw(figure: Figure) -> list[list[Run]]:
    """Draw the figure in exactly its size: the line of labels, the canvas, the x axis."""
    labels, columns = _Labels.of(figure), figure.ranks.columns
    canvas = _draw_canvas(figure, labels)
    named = y_axis(figure.shares.ticks())
    rows: list[list[Run]] = [
        [("quiet", named.get(row, UNNAMED)), *canvas.runs(row)] for row in reversed(range(figure.rows))
    ]
    titles = ("rank (log)", "rank") if isinstance(figure.ranks, LogAxis) else ("rank",)
    below = x_axis(rank_ticks(figure.ranks), titles, columns, figure.height)
    return [line_above("cumul", labels.coloured(), columns), *rows, *below]


def _draw_canvas(figure: Figure, labels: _Labels) -> Canvas:
    """Draw everything, the most important first, because that stays on top."""
    canvas = Canvas(figure.ranks.columns, figure.rows)
    _draw_marks(canvas, figure)
    if figure.cursor:
        _draw_cursor(canvas, figure)
    for label in labels.cuts:
        if label in labels.placed:
            canvas.column_line(label.column, _CUT, "cut")
    _draw_curves(canvas, figure)
    for line, colour in figure.thresholds:
        _draw_threshold(canvas, line, figure.shares.row(line.value), colour)
    for label in labels.alone:
        if label in labels.placed:
            canvas.column_line(label.column, _ALONE, "bar")
    return canvas


def _draw_marks(canvas: Canvas, figure: Figure) -> None:
    """Mark two tokens on the curve, and its crossing with the threshold."""
    for rank, mark in ((figure.would, WOULD), (figure.drawn, DRAWN)):
        if rank and figure.tempered.ranks:
            row = figure.shares.row(figure.tempered.at(rank, figure.ranks.dot))
            canvas.put(figure.ranks.column(rank), row, mark, "live" if mark == WOULD else "foreground")
    for line, colour in figure.thresholds:
        reached = figure.tempered.reaches(line.value, figure.ranks.dot)
        if reached is not None and colour == "cut":
            canvas.put(nearest(reached) // ACROSS, figure.shares.row(line.value), CROSSING, colour)


def _draw_cursor(canvas: Canvas, figure: Figure) -> None:
    """Draw the cursor's line, and where it meets the tempered curve."""
    column, curve = figure.ranks.column(figure.cursor), figure.tempered
    if curve.ranks and curve.ranks[0] <= figure.cursor:
        canvas.put(column, figure.shares.row(curve.at(figure.cursor, figure.ranks.dot)), ON_CURVE, "foreground")
    canvas.column_line(column, CURSOR, "foreground")


def _draw_curves(canvas: Canvas, figure: Figure) -> None:
    """Draw the tempered curve, its removed part in grey, over the raw one, if that is another."""
    position = figure.ranks.dot

    def draw_one(curve: Curve, pen: Pen, colour: Colour) -> None:
        if curve.ranks:
            canvas.curve(list(map(position, curve.ranks)), list(map(figure.shares.dot, curve.values)), pen, colour)

    kept = figure.kept or figure.ranks.high
    if kept >= figure.ranks.low:
        draw_one(figure.tempered.until(kept, position), "thick", "live")
    draw_one(figure.tempered.since(kept, position), "thin", "removed")
    if not figure.same:
        draw_one(figure.raw, "dotted", "raw")


def _draw_threshold(canvas: Canvas, line: Threshold, row: int, colour: Colour) -> None:
    """Draw a threshold behind all that is drawn, with its label on it, or right above or below it.

    A label takes a third of the row at most, so that the line is seen. If no label fits, the line is not drawn.
    """
    columns = canvas.columns
    texts = [text for text in line.texts if 3 * len(text) <= columns] or line.texts[-1:]
    for at in (row, row + 1, row - 1):
        if placed := place_right(texts, canvas.busy(at), columns):
            canvas.put(placed.start - 1, at, f" {placed.text} ", colour)
            canvas.put(0, row, _THRESHOLD * columns, colour)
            return
