"""What an engine says on stderr, kept for whoever wants to know why."""

from __future__ import annotations

import contextlib
import os
import re
from datetime import datetime
from pathlib import Path
from typing import IO

from tui.core.printable import printable

MAX_LOG = 4 * 1024 * 1024
"""Bytes after which the log moves aside to `….old`: an engine that complains for ever does not fill a disk."""
_LINE_END = re.compile(rb"[\r\n]+")
_LAST_LINE = 300
_CRASH = b"Fatal Python error"


class Log:
    """What an engine says on stderr: kept in a file if there is one, the last line always remembered."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._line = b""
        self._last = b""

    def open(self, title: str) -> None:
        """Begin a new part of the file; a log that cannot be written is done without."""
        self.forget()
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = open(self._path, "ab", buffering=0, opener=_private)  # noqa: SIM115
        self._write(f"--- {datetime.now():%Y-%m-%d %H:%M:%S} {title}\n".encode("utf-8", "replace"))

    def add(self, data: bytes) -> None:
        """Take what the engine wrote."""
        self._write(data)
        *whole, rest = _LINE_END.split(self._line + data)
        if not self._last.startswith(_CRASH):
            told = [line for line in whole if line.strip()]
            # A native crash ends in a list of modules; its first line is the one that tells.
            self._last = next((line for line in told if line.startswith(_CRASH)), told[-1] if told else self._last)
        self._line = rest[-4096:]

    def forget(self) -> None:
        """What was said so far explains no end to come."""
        self._line = self._last = b""

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def last_line(self) -> str:
        """The last line that is not empty, made printable; '' if there was none."""
        line = self._last if self._last.startswith(_CRASH) else self._line.strip() or self._last
        text = line.strip().decode("utf-8", "replace")[:_LAST_LINE]
        return printable(text, space=" ") if text else ""

    def _write(self, data: bytes) -> None:
        if self._file is None or self._path is None:
            return
        try:
            self._file.write(data)
            if self._file.tell() > MAX_LOG:
                self._file.close()
                self._path.replace(self._path.with_name(self._path.name + ".old"))
                self._file = open(self._path, "ab", buffering=0, opener=_private)  # noqa: SIM115
        except OSError:
            self.close()


def _private(path: str, flags: int) -> int:
    """Prompts and names of files may be in the log: nobody else reads it."""
    return os.open(path, flags, 0o600)
