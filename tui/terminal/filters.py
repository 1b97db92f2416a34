"""The last filter before the terminal: deletes what would act on it from whatever reached a widget.

Text from tokens goes through `core.printable` long before; this catches what slipped past, in every widget, border,
toast and editor.
"""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

# C0, DEL and C1; bidi marks, overrides and isolates; invisible operators, interlinear, musical, shorthand and
# hieroglyph format controls; tags; line and paragraph separators. Their width is 0, so deleting moves nothing.
# The joiners U+200C and U+200D stay: Persian, Indic scripts and emoji need them, and they act on nothing.
_ACTING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]"
)
# These count as a cell each, so something of one cell must stand there.
_WIDE = re.compile("[\xad\ud800-\udfff]")


def harmless(text: str) -> str:
    """`text` without anything that acts on a terminal, as wide as before."""
    if text.isascii() and text.isprintable():
        return text
    return _WIDE.sub("�", _ACTING.sub("", text))


class HarmlessText(LineFilter):
    """Applies `harmless` to every piece of every line; textual's own control segments pass."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The line with its texts made harmless."""
        return [segment if segment.control else Segment(harmless(segment.text), segment.style) for segment in segments]
