"""What a command says on stderr while it may ask, shown to the person whose answer it waits for."""

from __future__ import annotations

import sys
import termios
from typing import TextIO

from tui.core.printable import printable

PATIENCE = 0.2
"""Seconds the last line is held back: it may be the last word, which is told in a line of ours."""


class Echo:
    """Shows whole lines as they come, the newest only once it stays the newest; nothing in them acts on a terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.__stderr__
        self._held = ""

    @property
    def patience(self) -> float | None:
        """Seconds after which to `let_go` if nothing more has come; None while nothing is held back."""
        return PATIENCE if self._held else None

    def add(self, data: bytes) -> None:
        """Show what came before the newest line."""
        text = self._held + data.decode("utf-8", "replace").replace("\r", "")
        cut = text.rstrip("\n").rfind("\n") + 1
        self._held = text[cut:]
        self._show(text[:cut])

    def let_go(self) -> None:
        """Show the newest line too: whoever wrote it waits for something."""
        # A question whose answer is hidden stands in the line already.
        self._show("\n" * bool(self._held and _hides_typing()) + self._held)
        self._held = ""

    def _show(self, text: str) -> None:
        if text and self._stream is not None:
            lines = [printable(line, space=" ") if line else "" for line in text.split("\n")]
            self._stream.write("\n".join(lines))
            self._stream.flush()


def _hides_typing() -> bool:
    try:
        return not termios.tcgetattr(sys.__stdin__.fileno())[3] & termios.ECHO  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError, termios.error):
        return False
