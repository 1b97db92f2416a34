"""A text area's document that keeps every character, because a prompt is encoded as it is."""

from __future__ import annotations

from textual.widgets.text_area import Document, EditResult, Location


class ExactDocument(Document):
    """Splits lines at line feeds only.

    Textual's `Document` also splits at form feeds, U+2028 and others, and replaces them by line feeds.
    """

    def __init__(self, text: str) -> None:
        super().__init__("")
        self._lines = text.split("\n")

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        """Replace the text between two locations; the location where `text` ends, and the text it replaced."""
        top, bottom = sorted((start, end))
        replaced = self.get_text_range(top, bottom)
        lines = (self._line(top[0])[: top[1]] + text).split("\n")
        location = (top[0] + len(lines) - 1, len(lines[-1]))
        lines[-1] += self._line(bottom[0])[bottom[1] :]
        self._lines[top[0] : bottom[0] + 1] = lines
        return EditResult(location, replaced)

    def _line(self, row: int) -> str:
        return self._lines[row] if row < len(self._lines) else ""
