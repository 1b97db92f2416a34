"""A canvas of coloured cells, on which plotext draws curves in braille dots."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

from tui.widgets.plots.axes import ACROSS, DOWN
from tui.widgets.plots.plot import Colour, Run

Pen = Literal["thick", "thin", "dotted"]
"""How a curve is drawn: two dots high, one dot, or one dot in every second column of dots."""
_BLANK = " "
_BRAILLE = 0x2800
_LEFT_DOTS = 0x47
"""The four dots of a braille character's left column."""
_ESCAPES = re.compile("\x1b\\[[0-9;]*m")


class Canvas:
    """Cells from the left and from the bottom. What is drawn first stays on top: only free cells are written to."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._cells: list[list[tuple[Colour, str] | None]] = [[None] * columns for _ in range(rows)]

    def put(self, column: int, row: int, text: str, colour: Colour) -> None:
        """Write a text from a cell to the right; its blanks count as written."""
        for at, character in enumerate(text, column):
            if 0 <= at < self.columns and 0 <= row < self.rows and self._cells[row][at] is None:
                self._cells[row][at] = (colour, character)

    def column_line(self, column: int, character: str, colour: Colour) -> None:
        """Draw a vertical line from the bottom to the top."""
        for row in range(self.rows):
            self.put(column, row, character, colour)

    def busy(self, row: int) -> set[int]:
        """The columns of a row that are written to; all of them for a row outside."""
        if not 0 <= row < self.rows:
            return set(range(self.columns))
        return {column for column, cell in enumerate(self._cells[row]) if cell is not None}

    def curve(self, xs: Sequence[float], ys: Sequence[float], pen: Pen, colour: Colour) -> None:
        """Draw a curve through points in dots."""
        if pen == "thick":  # forth, and back one dot lower
            xs, ys = [*xs, *reversed(xs)], [*ys, *(y - 1 for y in reversed(ys))]
        for row, line in enumerate(reversed(braille(xs, ys, self.columns, self.rows))):
            for column, character in enumerate(line):
                drawn = _dotted(character) if pen == "dotted" else character
                if drawn != _BLANK:
                    self.put(column, row, drawn, colour)

    def runs(self, row: int) -> Iterator[Run]:
        """A row as runs of one colour; blanks join the run before them, which saves bytes."""
        colour: Colour = "quiet"

        def colour_of(cell: tuple[Colour, str] | None) -> Colour:
            nonlocal colour
            colour = colour if cell is None else cell[0]
            return colour

        for found, cells in groupby(self._cells[row], colour_of):
            yield found, "".join(_BLANK if cell is None else cell[1] for cell in cells)


def _dotted(character: str) -> str:
    """A braille character's left dots; other characters are blanks."""
    dots = ord(character) - _BRAILLE
    return chr(_BRAILLE + (dots & _LEFT_DOTS)) if dots > 0 and dots & _LEFT_DOTS else _BLANK


def braille(xs: Sequence[float], ys: Sequence[float], columns: int, rows: int) -> list[str]:
    """The lines, from the top, of a curve through points in dots, (0, 0) at the bottom left. Drawn by plotext."""
    import plotext

    plotext.clear_figure()  # drawing the same figure twice may fail
    plotext.limit_size(False, False)
    plotext.plot_size(columns, rows)
    plotext.theme("clear")
    plotext.frame(False)
    plotext.xticks([])
    plotext.yticks([])
    plotext.xlim(0, ACROSS * columns - 1)
    plotext.ylim(0, DOWN * rows - 1)
    plotext.plot(list(xs), list(ys), marker="braille")
    return _ESCAPES.sub("", plotext.build()).rstrip("\n").split("\n")
