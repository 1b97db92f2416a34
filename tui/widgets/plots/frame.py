"""The frame of a plot: a line of text above its canvas, the y axis left of it, the x axis below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tui.widgets.plots.axes import Tick
from tui.widgets.plots.labels import GAP, Label, Placed, place_centred, place_right
from tui.widgets.plots.plot import Colour, Run

LEFT = 6
"""Cells left of the canvas, for the y axis and its labels."""
LOW = 9
"""Height in lines below which a plot has no line for the x axis, only its labels."""


def canvas_columns(width: int) -> int:
    """Columns of the canvas in a pane of this width."""
    return max(1, width - LEFT)


def canvas_rows(height: int) -> int:
    """Rows of the canvas between the line above and the x axis."""
    return max(1, height - 1 - lines_below(height))


def lines_below(height: int) -> int:
    """Lines of the x axis in a pane of this height."""
    return 1 if height < LOW else 2


def line_above(title: str, labels: Iterable[tuple[Colour, Placed]], columns: int) -> list[Run]:
    """The line above the canvas: the y axis's title, if no label comes close to it, and labels."""
    ordered = sorted(labels, key=lambda label: label[1].start)
    runs: list[Run] = []
    end = -LEFT
    if not ordered or ordered[0][1].start >= GAP:
        runs, end = [("quiet", f"{title:>{LEFT - 1}} ")], 0
    for colour, placed in ordered:
        runs += [("quiet", " " * (placed.start - end)), (colour, placed.text)]
        end = placed.end
    return [*runs, ("quiet", " " * (columns - end))]


def y_axis(ticks: Sequence[Tick]) -> Mapping[int, str]:
    """The cells left of the canvas, for the rows that have a label."""
    return {tick.cell: f"{tick.label:>{LEFT - 1}}┤" for tick in ticks}


UNNAMED = " " * (LEFT - 1) + "│"
"""The cells left of the canvas in a row without a label."""


def x_axis(ticks: Sequence[Tick], titles: Sequence[str], columns: int, height: int) -> list[list[Run]]:
    """The lines below the canvas of a plot of this height: the axis with its title, if it is tall, and the labels.

    `ticks` in order of importance; one whose label does not fit is not marked. The title, in the longest of its
    wordings that fits, stands in the axis, or before the labels.
    """
    named = place_centred([Label(tick.cell, (tick.label,)) for tick in ticks], columns)
    marked = {label.column for label in named}
    margin, lines = " " * LEFT, []
    if height < LOW:
        margin = f"{titles[-1][: LEFT - 1]:>{LEFT - 1}} "
    else:
        title = place_right(titles[:1], marked, columns) or place_right(titles, marked, columns, 0) or Placed(0, "")
        cells = ["┬" if column in marked else "─" for column in range(columns)]
        cells[title.start : title.end] = title.text
        lines = [f"{'└':>{LEFT}}{''.join(cells)}"]
    names, end = margin, 0
    for placed in sorted(named.values()):
        names += " " * (placed.start - end) + placed.text
        end = placed.end
    return [[("quiet", line)] for line in (*lines, names.ljust(LEFT + columns))]
