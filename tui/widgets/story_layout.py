"""Breaks a branch of the story into lines; appending a token lays out the last line only."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tui.core.story import Node
from tui.widgets.story_spans import Glyph, Spans

GlyphIndex = tuple[int, int]
"""(index of the token in the path, index of the glyph within the token)."""


class Line(NamedTuple):
    """One line of the layout."""

    start: GlyphIndex
    glyphs: list[Glyph]


class Layout:
    """The lines of a path of nodes at a width in cells.

    A line does not depend on the lines before it: it is filled until a glyph does not fit, and cut after its last
    blank. Line breaks that follow one another share a line. The last column is reserved for a blank, a line break's
    sign or the cursor behind the text.
    """

    def __init__(self) -> None:
        self.lines: list[Line] = [Line((0, 0), [])]
        self.laid_out = 0
        """How many lines have ever been laid out; tests measure the cost of appending by it."""
        self._spans = Spans()
        self._width = 1

    @property
    def nodes(self) -> Sequence[Node]:
        """The nodes of the path."""
        return self._spans.nodes

    def resize(self, width: int) -> bool:
        """Lay out all lines at another width; False if the width is the same."""
        if width == self._width:
            return False
        self._width = width
        self._lay_out(0)
        return True

    def update(self, nodes: Sequence[Node], start: int) -> int:
        """Take a path that differs from index `start` on; the number of the first line that may have changed."""
        appended = start == len(self.nodes)
        first = self._spans.update(nodes, start)
        line = self.line_of((first, 0))
        if not appended or first < start:
            # A line break depends on the first glyph that did not fit, which is one or two lines further down.
            line = max(0, line - 2)
        elif line and _only_newlines(self.lines[line - 1].glyphs):
            line -= 1  # the line before may go on: what follows decides where line breaks end
        self._lay_out(line)
        return line

    def line_of(self, index: GlyphIndex) -> int:
        """The number of the line that contains a glyph index."""
        return max(0, bisect_right(self.lines, index, key=lambda line: line.start) - 1)

    def caret(self, after: int) -> tuple[int, int]:
        """(line, column) of the first cell behind the token with index `after`."""
        for number in range(self.line_of((after + 1, 0)), len(self.lines)):
            x = 0
            for glyph in self.lines[number].glyphs:
                if glyph.node > after:
                    return number, x
                x += glyph.width
        return len(self.lines) - 1, sum(glyph.width for glyph in self.lines[-1].glyphs)

    def node_at(self, line: int, x: int) -> int | None:
        """Index of the token at a cell; behind the line's end the line's last token; None outside the lines."""
        if not 0 <= line < len(self.lines):
            return None
        found = None
        for glyph in self.lines[line].glyphs:
            found = glyph.node
            x -= glyph.width
            if x < 0:
                break
        return found

    def _glyphs(self, start: GlyphIndex) -> Iterator[Glyph]:
        node, skip = start
        for index in range(node, len(self.nodes)):
            yield from self._spans.glyphs(index)[skip:]
            skip = 0

    def _lay_out(self, number: int) -> None:
        """Lay out everything from the start of line `number` on."""
        # The first line may start behind tokens without glyphs, whose replacements may have some: start at (0, 0).
        start = self.lines[number].start if number else (0, 0)
        del self.lines[number:]
        glyphs: list[Glyph] = []
        width = 0
        for glyph in self._glyphs(start):
            if _only_newlines(glyphs) and not glyph.newline:
                self._add_line(glyphs)
                glyphs, width = [], 0
            while glyphs and width + glyph.width > self._room(glyph):
                cut = _line_break(glyphs, glyph)
                self._add_line(glyphs[:cut])
                glyphs = glyphs[cut:]
                width = sum(left.width for left in glyphs)
            glyphs.append(glyph)
            width += glyph.width
            if glyph.newline and not _only_newlines(glyphs):
                self._add_line(glyphs)
                glyphs, width = [], 0
        if _only_newlines(glyphs):
            self._add_line(glyphs)
            glyphs = []
        end = (len(self.nodes), 0)
        self.lines.append(Line((glyphs[0].node, glyphs[0].number) if glyphs else end, glyphs))
        self.laid_out += 1

    def _room(self, glyph: Glyph) -> int:
        return self._width if glyph.blank or glyph.newline else self._width - 1

    def _add_line(self, glyphs: list[Glyph]) -> None:
        self.lines.append(Line((glyphs[0].node, glyphs[0].number), glyphs))
        self.laid_out += 1


def _only_newlines(glyphs: Sequence[Glyph]) -> bool:
    """True for a line of line breaks only, which ends where something else follows."""
    return bool(glyphs) and all(glyph.newline for glyph in glyphs)


def _line_break(glyphs: list[Glyph], coming: Glyph) -> int:
    """The number of glyphs that stay on a full line: up to its last blank or wide character, else all."""
    if coming.blank:
        return len(glyphs)
    breaks = [number for number, glyph in enumerate(glyphs, 1) if glyph.blank or glyph.width > 1]
    return breaks[-1] if breaks else len(glyphs)
