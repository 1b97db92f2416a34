"""Reports a crash: one line for the person, and a log file. Local variables are never written anywhere."""

from __future__ import annotations

import os
import platform
import sys
import time
import traceback
from pathlib import Path

from tui import paths
from tui.core.printable import printable
from tui.terminal.filters import harmless

_LONGEST = 200


def report_crash(error: BaseException) -> str:
    """Write the crash log, readable by its owner only; returns the text for the terminal, which names the log."""
    what = _summary(error)
    try:
        log = write_crash_log(error, paths.state_dir())
    except OSError as problem:
        return f"samplescope crashed: {what} (no crash log: {problem.strerror or type(problem).__name__})"
    return f"samplescope crashed: {what}\nDetails: {printable(str(log), space=' ')}"


def write_crash_log(error: BaseException, folder: Path) -> Path:
    """Write versions and the traceback, without local variables, to a new file in `folder` with mode 0600."""
    paths.make_private(folder)
    log = folder / time.strftime(f"crash-%Y%m%d-%H%M%S-{os.getpid()}.log")
    lines = [
        f"samplescope {_version('samplescope')}, textual {_version('textual')}, Python {platform.python_version()}",
        f"{platform.platform()}, TERM={os.environ.get('TERM', '')}, {' '.join(sys.argv[:2])}",
        "",
        *"".join(traceback.format_exception(error)).splitlines(),
    ]
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.writelines(harmless(line) + "\n" for line in lines)
    return log


def _summary(error: BaseException) -> str:
    text = printable(f"{type(error).__name__}: {error}".removesuffix(": "), space=" ")
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _version(name: str) -> str:
    from importlib.metadata import version  # this import takes 20 ms, needed only after a crash

    try:
        return version(name)
    except Exception:
        return "?"
