"""stdout of the headless commands: for their own lines, and never waiting for a reader who has left."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import TextIO

from tui.errors import RunError

PIPE_CLOSED = 141
Write = Callable[[str], None]
"""Writes a line, and is through once it is on its way."""


class PipeClosed(Exception):  # noqa: N818
    """Nobody reads stdout any more."""


@contextlib.contextmanager
def reserved() -> Iterator[Write]:
    """Keep stdout for the lines given to the yielded function; what anything else prints meanwhile goes to stderr.

    A model's own `print()`, or a library's in C, must not end up between the lines of JSON.
    """
    if sys.stdout is None:  # started with fd 1 closed
        raise PipeClosed
    with _own_descriptor(sys.stdout) as own, contextlib.redirect_stdout(sys.stderr):
        yield lambda line: _write(own, line + "\n")


@contextlib.contextmanager
def _own_descriptor(stdout: TextIO) -> Iterator[TextIO]:
    """stdout under another descriptor, while its own leads to stderr; without descriptors, stdout itself."""
    try:
        number, target = stdout.fileno(), sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        yield stdout
        return
    stdout.flush()
    kept = os.dup(number)
    os.dup2(target, number)
    try:
        with open(kept, "w", encoding="utf-8", closefd=False) as own:
            yield own
    finally:
        os.dup2(kept, number)
        os.close(kept)


def _write(stdout: TextIO, line: str) -> None:
    """Write a line and flush. PipeClosed if nobody reads on, RunError if there is no room for it."""
    try:
        stdout.write(line)
        stdout.flush()
    except OSError as error:
        _discard(stdout)
        if isinstance(error, BrokenPipeError):
            raise PipeClosed from None
        raise RunError(f"stdout cannot be written: {error.strerror}.") from None


def flush() -> None:
    """Write what was printed, so that a failure shows now and not as the interpreter ends; it raises as a line does."""
    if sys.stdout is not None:
        _write(sys.stdout, "")


def discard_stdout() -> None:
    """Lead stdout to nowhere: what is still to be flushed would fail."""
    if sys.stdout is not None:
        _discard(sys.stdout)


def _discard(stdout: TextIO) -> None:
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())
