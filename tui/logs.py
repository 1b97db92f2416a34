"""The program's log: one file, rotated when it grows large.

All modules use `logging.getLogger("samplescope")`. The log holds each line that the engine writes to stderr; with
`SAMPLESCOPE_LOG=debug` also the type, id and size of every frame to and from the engine.
"""

from __future__ import annotations

import logging
import os
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from tui import paths

LEVEL_VARIABLE = "SAMPLESCOPE_LOG"
MOST_BYTES = 4 * 1024 * 1024


class _PrivateLog(RotatingFileHandler):
    """A log file readable by its owner only, since it may hold file names. Errors in writing it are ignored."""

    def _open(self) -> TextIOWrapper:
        paths.make_private(Path(self.baseFilename).parent)
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(handle, "a", encoding=self.encoding, errors="backslashreplace")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Ignore the error: stderr is the person's terminal."""


def begin() -> None:
    """Start logging; the file is created with the first record."""
    logger = logging.getLogger("samplescope")
    if logger.handlers:
        return
    handler = _PrivateLog(paths.log_file(), maxBytes=MOST_BYTES, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.propagate = False
    wanted = os.environ.get(LEVEL_VARIABLE, "").upper()
    logger.setLevel(wanted if wanted in logging.getLevelNamesMapping() else logging.INFO)
