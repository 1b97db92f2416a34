"""One line on stderr that says how far a headless command is, if a person can see it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tui.core.progress import Report, quiet
from tui.terminal.stdout import Write

_CLEAR = "\r\x1b[K"


@contextmanager
def metered(write: Write) -> Iterator[tuple[Report, Write]]:
    """(a report that rewrites a line on stderr, a write that first clears it); the line is cleared at the end.

    Where stderr is no terminal, nothing is reported.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield quiet, write
        return

    def report(stage: str, done: float, total: float | None, unit: str) -> None:
        of = "" if total is None else f" of {total:,.0f}"
        _show(f"{_CLEAR}{stage}: {done:,.0f}{of} {unit}")

    def write_over(line: str) -> None:
        _show(_CLEAR)
        write(line)

    try:
        yield report, write_over
    finally:
        _show(_CLEAR)


def _show(text: str) -> None:
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()
