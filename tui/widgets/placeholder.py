"""Lays out the placeholder text of an empty pane."""

from __future__ import annotations

import textwrap

from tui.core.printable import printable


def centred(text: str, width: int, height: int) -> list[str]:
    """`text` wrapped and centred in a pane of `width` × `height` cells; one string per line."""
    if not text:
        return []
    words = textwrap.wrap(printable(text, space=" "), max(1, width - 4))[: max(0, height)]
    above = (height - len(words)) // 2
    return ([""] * above + [line.center(width) for line in words])[:height]
