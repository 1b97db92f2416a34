"""A text area's document that keeps every character: only a line feed ends a line."""

from __future__ import annotations

from textual.widgets.text_area import Document, EditResult, Location


class ExactDocument(Document):
    """Textual's own splits at form feeds, U+2028 and others too, and writes line feeds in their place.

    A prompt is encoded as it is, so not one character may change.
    """

    def __init__(self, text: str) -> None:
        super().__init__("")
        self._lines = text.split("\n")

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        """Put `text` between two places; where it ends, and what it replaced."""
        top, bottom = sorted((start, end))
        replaced = self.get_text_range(top, bottom)
        lines = (self._line(top[0])[: top[1]] + text).split("\n")
        place = (top[0] + len(lines) - 1, len(lines[-1]))
        lines[-1] += self._line(bottom[0])[bottom[1] :]
        self._lines[top[0] : bottom[0] + 1] = lines
        return EditResult(place, replaced)

    def _line(self, row: int) -> str:
        return self._lines[row] if row < len(self._lines) else ""
