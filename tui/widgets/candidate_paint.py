"""Draws one line of the candidate list from a value that holds all the line shows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.protocol import Candidate, Span, Tail
from tui.widgets.candidate_columns import (
    GOES_ON,
    MISSING,
    WOULD_DRAW,
    Column,
    cell,
    fit,
    heading,
    token_name,
)
from tui.widgets.cuts import CutMark
from tui.widgets.numbers import Unit

_QUIET = ("rank", "id", "bytes")


class ListFormat(NamedTuple):
    """Columns, unit and bar scale shared by all lines; a change redraws every line."""

    columns: tuple[Column, ...]
    unit: Unit
    scale: float
    """The probability of the longest bar."""

    @property
    def width(self) -> int:
        """Width of a line in cells."""
        return sum(column.width for column in self.columns)


class HeaderLine(NamedTuple):
    """The line of column headings."""

    list_format: ListFormat


class CandidateLine(NamedTuple):
    """One rank's line; `candidate` is None until the engine has sent it."""

    list_format: ListFormat
    rank: int
    candidate: Candidate | None
    cursor: bool
    would_draw: bool
    goes_on: bool


class TailLine(NamedTuple):
    """The line of the unseen tail; `candidate` is a token of the tail that the person searched for, or None."""

    list_format: ListFormat
    tail: Tail
    candidate: Candidate | None
    cursor: bool


class CutLine(NamedTuple):
    """The line of one cut."""

    width: int
    mark: CutMark


class TextLine(NamedTuple):
    """An empty line, a sentence, or what there is to say about the highlighted candidate."""

    width: int
    text: str = ""


Line = HeaderLine | CandidateLine | TailLine | CutLine | TextLine


class Painter:
    """Turns lines into strips; `style` gives the widget's component style for a short name such as `cut`."""

    def __init__(self, style: Callable[[str], Style]) -> None:
        self._style = style

    def paint(self, line: Line) -> Strip:
        """Draw a line as a strip of the line's width."""
        match line:
            case HeaderLine(list_format):
                return self._header(list_format)
            case CandidateLine():
                return self._candidate(line)
            case TailLine(list_format, tail, candidate, cursor):
                style = self._style("cut") + (self._style("cursor") if cursor else Style.null())
                return Strip([Segment(tail_text(tail, candidate, list_format), style)], list_format.width)
            case CutLine(width, mark):
                return Strip([Segment(cut_text(mark, width), self._style("cut"))], width)
            case TextLine(width, text):
                return Strip([Segment(fit(text, width), self._style("quiet"))], width)

    def _header(self, list_format: ListFormat) -> Strip:
        text = "".join(heading(list_format.unit, column) for column in list_format.columns)
        return Strip([Segment(text, self._style("quiet"))], list_format.width)

    def _candidate(self, line: CandidateLine) -> Strip:
        cursor = self._style("cursor") if line.cursor else Style.null()
        segments = []
        for column in line.list_format.columns:
            # A reversed highlight is drawn in one colour: reversed cell colours would become patches. Except the bar,
            # whose full blocks would vanish if reversed.
            bar = cursor.reverse and column.name == "bar"
            style = Style.null() if cursor.reverse and not bar else self._cell_style(line, column.name)
            segments.append(Segment(_cell_text(line, column), style if bar else cursor + style))
        return Strip(segments, line.list_format.width)

    def _cell_style(self, line: CandidateLine, name: str) -> Style:
        candidate, removed = line.candidate, bool(line.candidate and line.candidate.removed_by)
        if name == "bar":
            return self._style("live" if line.would_draw else "bar-removed" if removed else "bar")
        if line.would_draw and name in ("marks", "token"):
            return self._style("live")
        if removed:
            return self._style("removed")
        if candidate and candidate.special and name == "token":
            return self._style("special")
        return self._style("quiet") if name in _QUIET or not candidate else Style.null()


def _cell_text(line: CandidateLine, column: Column) -> str:
    """The text of a cell; `…` in the token column of a candidate that is not there yet."""
    if column.name == "marks":
        return fit((WOULD_DRAW if line.would_draw else " ") + (GOES_ON if line.goes_on else " "), column.width)
    if line.candidate:
        return cell(line.candidate, column, line.list_format.unit, line.list_format.scale)
    if column.name == "rank":
        return f"{line.rank} ".rjust(column.width)
    return fit(MISSING if column.name == "token" else "", column.width)


def cut_text(mark: CutMark, width: int) -> str:
    """`──── top-p 0.90 leaves 37 ─────`, in the longest wording that fits."""
    room = max(0, width - 6)
    texts = mark.texts()
    words = next((text for text in texts if len(text) <= room), texts[-1])
    text = f"──── {words} "
    return fit(text + "─" * (width - len(text)), width)


def tail_text(tail: Tail, candidate: Candidate | None, list_format: ListFormat) -> str:
    """The unseen tail's count and probability, or a searched token of the tail, in the list's columns."""
    if not tail.undecided:
        final = Span(0.0, 0.0)
    else:  # an undecided cut: the kept prefix holds all known tokens, and some, all or none of the tail
        final = tail.tempered if tail.kept[0] == tail.told + tail.count else Span(0.0, tail.tempered.high)
    spans = (tail.tempered, final, Span(1.0, 1.0))
    all_of_it = Candidate(0, -1, b"", False, math.nan, tail.mass, spans[0].value, spans[1].value, 1.0, "", spans=spans)
    shown = candidate or all_of_it
    cells = {"id", "bytes"} if candidate is None else set()
    token = f"{tail.count:,} unseen" if candidate is None else f"{token_name(candidate)} (unseen)"
    return "".join(
        fit(token, column.width) if column.name == "token"
        else " " * column.width if column.name in {"marks", "count", "bar", *cells}
        else cell(shown, column, list_format.unit, list_format.scale)
        for column in list_format.columns
    )  # fmt: skip
