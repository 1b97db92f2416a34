"""Shows the stderr of a command that may be asking the person a question."""

from __future__ import annotations

import sys
import termios
from typing import TextIO

from tui.core.printable import printable

PATIENCE = 0.2
"""Seconds the last line is held back: if the command ends, that line is part of our own error message instead."""


class Echo:
    """Shows complete lines at once and the newest one after `PATIENCE`, made harmless to the terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.__stderr__
        self._held = ""

    @property
    def patience(self) -> float | None:
        """Seconds without new data after which to call `flush`; None while no line is held back."""
        return PATIENCE if self._held else None

    def add(self, data: bytes) -> None:
        """Take data from stderr: show all lines but the newest."""
        text = self._held + data.decode("utf-8", "replace").replace("\r", "")
        cut = text.rstrip("\n").rfind("\n") + 1
        self._held = text[cut:]
        self._show(text[:cut])

    def flush(self) -> None:
        """Show the newest line too: the command seems to wait for an answer to it."""
        # With echo off, the command has already written its question to the terminal itself, on the current line.
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
