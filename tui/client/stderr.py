"""Logs an engine's stderr, and keeps its last line to explain why the engine ended."""

from __future__ import annotations

import logging
import re

from tui.core.printable import printable

LOG = logging.getLogger("samplescope.engine")
MAX_LINE = 4096
"""Bytes after which an unfinished line is logged, since an engine may write without end and without a line feed."""
_LINE_END = re.compile(rb"[\r\n]+")
_LAST_LINE = 300
_CRASH = b"Fatal Python error"


class Stderr:
    """Writes each line to the program's log, and remembers the last one."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._line = b""
        self._last = b""

    def add(self, data: bytes) -> None:
        """Take data that the engine wrote: log its complete lines."""
        *whole, rest = _LINE_END.split(self._line + data)
        lines = [line for line in whole if line.strip()]
        for line in lines:
            self._note(line)
        if not self._last.startswith(_CRASH):
            # A native crash ends in a list of modules; its first line is the informative one.
            self._last = next((line for line in lines if line.startswith(_CRASH)), lines[-1] if lines else self._last)
        while len(rest) > MAX_LINE:
            self._note(rest[:MAX_LINE])
            rest = rest[MAX_LINE:]
        self._line = rest

    def forget(self) -> None:
        """Forget the last line: it would not explain a later end of the engine."""
        self.end()
        self._last = b""

    def end(self) -> None:
        """Log the unfinished line; it counts as the last line."""
        if self._line.strip():
            self._note(self._line)
            self._last = self._last if self._last.startswith(_CRASH) else self._line
        self._line = b""

    @property
    def last_line(self) -> str:
        """The last line that is not empty, or a native crash's first one, made printable; '' if there was none."""
        line = self._last if self._last.startswith(_CRASH) else self._line.strip() or self._last
        text = line.strip().decode("utf-8", "replace")[:_LAST_LINE]
        return printable(text, space=" ") if text else ""

    def _note(self, line: bytes) -> None:
        LOG.info("%d: %s", self._process, printable(line.decode("utf-8", "replace"), space=" "))
