"""Breaks a story into lines, so that one more token lays out the last line only."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tui.core.story import Node
from tui.widgets.story_spans import Glyph, Spans

Place = tuple[int, int]
"""(index in the path, index among that token's glyphs)"""


class Line(NamedTuple):
    """One line on the screen."""

    start: Place
    glyphs: list[Glyph]


class Layout:
    """The lines of a path at a width in cells.

    A line depends on nothing before its start: it is filled until a glyph does not fit, and cut after its last
    blank. The last column is kept for a blank, a line break's sign or the cursor behind the text.
    """

    def __init__(self) -> None:
        self.lines: list[Line] = [Line((0, 0), [])]
        self.laid_out = 0
        """How many lines have ever been laid out: what appending costs."""
        self._spans = Spans()
        self._width = 1

    @property
    def nodes(self) -> Sequence[Node]:
        """The path."""
        return self._spans.nodes

    def resize(self, width: int) -> bool:
        """Lay everything out at another width; False if it is the same."""
        if width == self._width:
            return False
        self._width = width
        self._lay(0)
        return True

    def update(self, nodes: Sequence[Node], start: int) -> int:
        """Take a path that differs from index `start` on; the first line that may have changed."""
        appended = start == len(self.nodes)
        first = self._spans.update(nodes, start)
        line = self.line_of((first, 0))
        if not appended or first < start:
            # The glyph that ended a line stands on the next one, or the one after: what changed may be that glyph.
            line = max(0, line - 2)
        self._lay(line)
        return line

    def line_of(self, place: Place) -> int:
        """The line on which a place stands."""
        return max(0, bisect_right(self.lines, place, key=lambda line: line.start) - 1)

    def caret(self, after: int) -> tuple[int, int]:
        """(line, column) of the first cell behind the token at index `after`."""
        for number in range(self.line_of((after + 1, 0)), len(self.lines)):
            x = 0
            for glyph in self.lines[number].glyphs:
                if glyph.node > after:
                    return number, x
                x += glyph.width
        return len(self.lines) - 1, sum(glyph.width for glyph in self.lines[-1].glyphs)

    def node_at(self, line: int, x: int) -> int | None:
        """Index of the token at a cell; the last of its line behind the line's end."""
        if not 0 <= line < len(self.lines):
            return None
        found = None
        for glyph in self.lines[line].glyphs:
            found = glyph.node
            x -= glyph.width
            if x < 0:
                break
        return found

    def _glyphs(self, start: Place) -> Iterator[Glyph]:
        node, skip = start
        for index in range(node, len(self.nodes)):
            yield from self._spans.glyphs(index)[skip:]
            skip = 0

    def _lay(self, number: int) -> None:
        """Lay out everything from the start of a line."""
        # The first line may start behind tokens that had nothing to show: what takes their place may have.
        start = self.lines[number].start if number else (0, 0)
        del self.lines[number:]
        glyphs: list[Glyph] = []
        width = 0
        for glyph in self._glyphs(start):
            while glyphs and width + glyph.width > self._room(glyph):
                cut = _break(glyphs, glyph)
                self._close(glyphs[:cut])
                glyphs = glyphs[cut:]
                width = sum(left.width for left in glyphs)
            glyphs.append(glyph)
            width += glyph.width
            if glyph.ends_line:
                self._close(glyphs)
                glyphs, width = [], 0
        end = (len(self.nodes), 0)
        self.lines.append(Line((glyphs[0].node, glyphs[0].number) if glyphs else end, glyphs))
        self.laid_out += 1

    def _room(self, glyph: Glyph) -> int:
        return self._width if glyph.blank or glyph.ends_line else self._width - 1

    def _close(self, glyphs: list[Glyph]) -> None:
        self.lines.append(Line((glyphs[0].node, glyphs[0].number), glyphs))
        self.laid_out += 1


def _break(glyphs: list[Glyph], coming: Glyph) -> int:
    """Where to cut a full line: behind its last blank or wide character, else here."""
    if coming.blank:
        return len(glyphs)
    breaks = [number for number, glyph in enumerate(glyphs, 1) if glyph.blank or glyph.width > 1]
    return breaks[-1] if breaks else len(glyphs)
