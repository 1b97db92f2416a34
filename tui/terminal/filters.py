"""The last filter before the terminal: deletes characters that act on a terminal from all drawn text.

Token text has gone through `core.printable` before; this filter catches the rest, in every widget, border, toast
and editor.
"""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

# C0, DEL and C1; bidi marks, overrides and isolates; invisible operators, interlinear, musical, shorthand and
# hieroglyph format controls; tags; line and paragraph separators. Their width is 0, so deleting them moves nothing.
# The joiners U+200C and U+200D stay: Persian, Indic scripts and emoji need them, and they are harmless.
_ACTING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]"
)
# These count as one cell each, so they are replaced by a character of one cell.
_WIDE = re.compile("[\xad\ud800-\udfff]")


def harmless(text: str) -> str:
    """`text` without characters that act on a terminal, of the same width."""
    if text.isascii() and text.isprintable():
        return text
    return _WIDE.sub("�", _ACTING.sub("", text))


class HarmlessText(LineFilter):
    """A line filter that applies `harmless` to every segment except textual's own control segments."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The line's segments with harmless text."""
        return [segment if segment.control else Segment(harmless(segment.text), segment.style) for segment in segments]
