"""What the program notes for whoever looks for a fault: one file, which moves aside before it grows large.

`logging.getLogger("samplescope")` everywhere. Each line the engine writes to stderr is in it; `SAMPLESCOPE_LOG=debug`
notes every frame to and from the engine too, by kind, number and size.
"""

from __future__ import annotations

import logging
import os
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from tui import paths

LEVEL = "SAMPLESCOPE_LOG"
MOST_BYTES = 4 * 1024 * 1024


class _Private(RotatingFileHandler):
    """Names of files may be in it: nobody else reads it. A log that cannot be written is done without."""

    def _open(self) -> TextIOWrapper:
        paths.make_private(Path(self.baseFilename).parent)
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(handle, "a", encoding=self.encoding, errors="backslashreplace")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Say nothing: stderr is the person's terminal."""


def begin() -> None:
    """Note what happens from now on; the file is made when there is something to note."""
    logger = logging.getLogger("samplescope")
    if logger.handlers:
        return
    handler = _Private(paths.log_file(), maxBytes=MOST_BYTES, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.propagate = False
    wanted = os.environ.get(LEVEL, "").upper()
    logger.setLevel(wanted if wanted in logging.getLevelNamesMapping() else logging.INFO)
