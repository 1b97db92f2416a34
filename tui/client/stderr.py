"""What an engine says on stderr, kept for whoever wants to know why."""

from __future__ import annotations

import logging
import re

from tui.core.printable import printable

LOG = logging.getLogger("samplescope.engine")
MAX_LINE = 4096
"""Bytes after which a line is noted though its end has not come: an engine may complain for ever without one."""
_LINE_END = re.compile(rb"[\r\n]+")
_LAST_LINE = 300
_CRASH = b"Fatal Python error"


class Stderr:
    """Notes each line in the program's log, and remembers the last one."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._line = b""
        self._last = b""

    def add(self, data: bytes) -> None:
        """Take what the engine wrote."""
        *whole, rest = _LINE_END.split(self._line + data)
        told = [line for line in whole if line.strip()]
        for line in told:
            self._note(line)
        if not self._last.startswith(_CRASH):
            # A native crash ends in a list of modules; its first line is the one that tells.
            self._last = next((line for line in told if line.startswith(_CRASH)), told[-1] if told else self._last)
        while len(rest) > MAX_LINE:
            self._note(rest[:MAX_LINE])
            rest = rest[MAX_LINE:]
        self._line = rest

    def forget(self) -> None:
        """What was said so far explains no end to come."""
        self.end()
        self._last = b""

    def end(self) -> None:
        """Note the line whose end has not come; it is still the last one."""
        if self._line.strip():
            self._note(self._line)
            self._last = self._last if self._last.startswith(_CRASH) else self._line
        self._line = b""

    @property
    def last_line(self) -> str:
        """The last line that is not empty, made printable; '' if there was none."""
        line = self._last if self._last.startswith(_CRASH) else self._line.strip() or self._last
        text = line.strip().decode("utf-8", "replace")[:_LAST_LINE]
        return printable(text, space=" ") if text else ""

    def _note(self, line: bytes) -> None:
        LOG.info("%d: %s", self._process, printable(line.decode("utf-8", "replace"), space=" "))
