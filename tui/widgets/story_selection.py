"""What a drag of the mouse over the running text selects: glyphs by their place in the lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.selection import Selection

from tui.widgets.story_layout import Line
from tui.widgets.story_spans import NEWLINE, Glyph


def spanned(glyphs: Sequence[Glyph], number: int, selection: Selection | None) -> list[bool]:
    """For each glyph of line `number`, whether it is selected; textual counts characters from the line's start."""
    span = selection.get_span(number) if selection is not None else None
    if span is None:
        return [False] * len(glyphs)
    start, end = span
    chosen, at = [], 0
    for glyph in glyphs:
        chosen.append(at + len(glyph.text) > start and (end < 0 or at < end))
        at += len(glyph.text)
    return chosen


def selected_text(lines: Sequence[Line], selection: Selection) -> str:
    """The selected text: with the text's own line breaks, without the marks and the breaks of the pane's width."""
    return "".join(_texts(lines, selection))


def _texts(lines: Sequence[Line], selection: Selection) -> Iterator[str]:
    for number, line in enumerate(lines):
        for glyph, chosen in zip(line.glyphs, spanned(line.glyphs, number, selection), strict=True):
            if chosen and glyph.mark:
                yield "\n" if glyph.text == NEWLINE else ""
            elif chosen:
                yield glyph.text
