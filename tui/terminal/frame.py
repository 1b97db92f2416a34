"""What the terminal shows, cell by cell, and the shortest text that makes the next frame of it.

Textual writes a whole line where a widget was refreshed, with all its colours, and paints a pane again where one of its
titles changed. Over a thin line only the difference should travel, whatever the widgets do: it is computed here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import groupby, repeat
from operator import itemgetter
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

GAP = 6
"""Unchanged cells that are written anyway between two changes: moving the cursor costs as many bytes."""
RESET = "\x1b[0m"
_CODE = re.compile(r"[34]8;5;\d+|[34]8;2;\d+;\d+;\d+|\d+")


Cell = tuple[str, str]
"""A cell's text ('' where a wide character goes on) and its look, as SGR codes. A plain tuple: there are thousands."""


_look = itemgetter(1)


class ShownFrame:
    """The cells that the terminal shows."""

    def __init__(self) -> None:
        self._size = Size()
        self.lines: list[list[Cell | None]] = []
        """The lines of cells; None is a cell whose content is not known. Whoever writes to the terminal sets them."""

    def forget(self) -> None:
        """Take every cell for unknown, so that the next frame that paints it writes it."""
        self._size, self.lines = Size(), []

    def change(self, update: ChopsUpdate | LayoutUpdate, size: Size) -> Change:
        """The change from what is shown to `update`; it counts as shown from now on."""
        if size != self._size:
            self._size, self.lines = size, [[None] * size.width for _ in range(size.height)]
        return Change(self, update)


class Change(CompositorUpdate):
    """Textual's update, written as the difference from the frame that is shown."""

    def __init__(self, shown: ShownFrame, update: ChopsUpdate | LayoutUpdate) -> None:
        self._shown, self._update = shown, update

    def render_segments(self, console: Console) -> str:
        """The text that makes the terminal show the update; '' if it does already."""
        colours = console._color_system or ColorSystem.TRUECOLOR
        lines, runs = self._shown.lines, []
        for y, x, strip in pieces(self._update):
            if y >= len(lines):
                continue  # the terminal has become smaller since: all of it is painted again
            new = cells(strip, colours)[: max(0, len(lines[y]) - x)]
            old = lines[y][x : x + len(new)]
            runs += [Run(y, x + start, new[start:end]) for start, end in changes(old, new)]
            lines[y][x : x + len(new)] = new
        return written(runs)


class Run(NamedTuple):
    """Cells to be written one after the other."""

    line: int
    column: int
    cells: list[Cell]

    @property
    def steady(self) -> bool:
        """True if the column of each cell is certain, so that the run may be written in parts."""
        return all(len(text) == 1 for text, _ in self.cells)

    def of_one_look(self) -> Iterator[Run]:
        """The run's parts, each of one look."""
        column = self.column
        for _, part in groupby(self.cells, _look):
            yield Run(self.line, column, found := list(part))
            column += len(found)


def written(runs: Sequence[Run]) -> str:
    """The text that writes the runs: colour by colour, because a move of the cursor is shorter than another colour."""
    steady: dict[str, list[Run]] = {}
    for run in runs:
        if run.steady:
            for part in run.of_one_look():
                steady.setdefault(_look(part.cells[0]), []).append(part)
    pen = Pen()
    for parts in steady.values():
        for part in parts:
            pen.write(part)
    for run in runs:
        if not run.steady:
            pen.write(run)
    return pen.text()


class Pen:
    """Writes runs, and knows where the cursor is and in which look it writes."""

    def __init__(self) -> None:
        self._written: list[str] = []
        self._look = ""
        self._at: tuple[int, int] | None = None
        """The cursor's line and column, where they are certain."""

    def write(self, run: Run) -> None:
        """Go to the run's place and write its cells."""
        self._go(run.line, run.column)
        for look, part in groupby(run.cells, _look):
            self._written += [turn(self._look, look), *(text for text, _ in part)]
            self._look = look
        self._at = (run.line, run.column + len(run.cells)) if run.steady else None

    def _go(self, line: int, column: int) -> None:
        if self._at is not None and self._at[0] == line and column >= self._at[1]:
            ahead = column - self._at[1]
            self._written.append(f"\x1b[{ahead}C" if ahead else "")
        else:
            self._written.append(f"\x1b[{line + 1};{column + 1}H")

    def text(self) -> str:
        """All that was written; the look is the terminal's own again."""
        return "".join([*self._written, RESET if self._look else ""])


def pieces(update: ChopsUpdate | LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    """(line, column, strip) of each part of a line that textual would write."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in line:
                yield y, x, strip
                x += strip.cell_length
        return
    for y, first, last in update.spans:
        for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if chop is not None and x <= last and end > first:
                yield y, x, chop if end <= last else chop.crop(0, last - x)


def cells(strip: Strip, colours: ColorSystem) -> list[Cell]:
    """The cells of a strip. A text with other than steady characters is one cell, and goes on in those after it."""
    found: list[Cell] = []
    for text, style, control in strip:
        if control:
            continue
        look = "" if style is None else Strip.render_ansi(style, colours)
        if steady(text):
            found += zip(text, repeat(look))
        elif width := cell_len(text):
            found += [(text, look), *[("", look)] * (width - 1)]
    return found


def changes(old: list[Cell | None], new: list[Cell]) -> list[tuple[int, int]]:
    """The spans (start, end) to be written, near ones joined.

    Where an unsteady text was or will be, all is written as textual would: how wide a terminal takes it is not certain.
    """
    if old == new:
        return []
    if any(cell is not None and len(cell[0]) != 1 for cells in (old, new) for cell in cells):
        return [(0, len(new))]
    spans: list[tuple[int, int]] = []
    for at, (before, after) in enumerate(zip(old, new, strict=True)):
        if before != after:
            if spans and at - spans[-1][1] <= GAP:
                spans[-1] = (spans[-1][0], at + 1)
            else:
                spans.append((at, at + 1))
    return spans


def steady(text: str) -> bool:
    """True if every terminal gives each character of the text one cell, in the order in which they stand."""
    return text.isascii() or all(map(_steady, text))


@cache
def _steady(character: str) -> bool:
    return (
        cell_len(character) == 1
        and unicodedata.category(character) not in ("Mn", "Mc", "Me", "Cf")
        and unicodedata.bidirectional(character) not in ("R", "AL", "AN")
    )


@lru_cache(maxsize=8192)
def turn(before: str, after: str) -> str:
    """The sequence that turns one look into another: only the colours that differ, unless an attribute does."""
    if before == after:
        return ""
    old, new = _parts(before), _parts(after)
    if old[0] != new[0]:
        return f"\x1b[0;{after}m" if after else RESET
    defaults = ("", "39", "49")
    codes = [code or default for code, was, default in zip(new, old, defaults, strict=True) if code != was]
    return f"\x1b[{';'.join(codes)}m"


def _parts(look: str) -> tuple[str, str, str]:
    """(attributes, foreground, background) of SGR codes."""
    attributes, foreground, background = [], "", ""
    for code in _CODE.findall(look):
        kind = code.partition(";")[0]
        if kind in ("38", "39") or 30 <= int(kind) <= 37 or 90 <= int(kind) <= 97:
            foreground = code
        elif kind in ("48", "49") or 40 <= int(kind) <= 47 or 100 <= int(kind) <= 107:
            background = code
        else:
            attributes.append(code)
    return ";".join(attributes), foreground, background
