"""One line on stderr that says how far a headless command is, if a person can see it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from tui.core.printable import printable
from tui.core.progress import Report, quiet
from tui.terminal.stdout import Write

_CLEAR = "\r\x1b[K"
Say = Callable[[str, str], None]
"""Writes a sentence to stderr, with the word that stands before it."""


class Output(NamedTuple):
    """Where a headless command's progress, results and remarks go."""

    report: Report
    write: Write
    say: Say


@contextmanager
def metered(write: Write, say: Say) -> Iterator[Output]:
    """A report that rewrites a line on stderr, and a `write` and a `say` that clear it first; it is cleared at the end.

    Where stderr is no terminal, nothing is reported.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield Output(quiet, write, say)
        return

    def report(stage: str, done: float, total: float | None, unit: str) -> None:
        amount = f": {done:,.0f}" if unit else ""
        of = f" of {total:,.0f}" if total is not None else ""
        line = printable(f"{stage}{amount}{of} {unit}".rstrip(), space=" ")
        _show(_CLEAR + line[: _columns() - 1])

    def write_over(line: str) -> None:
        _show(_CLEAR)
        write(line)

    def say_over(sentence: str, before: str) -> None:
        _show(_CLEAR)
        say(sentence, before)

    try:
        yield Output(report, write_over, say_over)
    finally:
        _show(_CLEAR)


def _columns() -> int:
    """The width of stderr's terminal: a longer line would leave its first part standing."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:
        return 80


def _show(text: str) -> None:
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()
