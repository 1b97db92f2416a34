"""Foreign code may raise anything: a model's forward, its tokenizer, its processors. It ends in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tui.errors import RunError, SamplescopeError
from tui.models.waiting import one_line

_NO_ROOM = ("OutOfMemoryError", "MemoryError")
_NO_ROOM_ON_CPU = "DefaultCPUAllocator"
_PASSED_ON = (SamplescopeError, KeyboardInterrupt, GeneratorExit)


class NoRoomError(RunError):
    """There was not enough memory; a smaller batch or a shorter prompt may find enough."""


@contextmanager
def failing(what: str) -> Iterator[None]:
    """RunError for whatever is raised inside: `what` failed, and the library's own words. For a `with`, or a decorator.

    Also for what is no Exception: a panic in a Rust tokenizer, `sys.exit` in a repository's code.
    """
    try:
        yield
    except _PASSED_ON:
        raise
    except BaseException as error:
        raise _no_room(what, error) or RunError(f"{what} failed: {_said(error)}") from error


def _said(error: BaseException) -> str:
    """The error's words behind its type, which says what a bare key or number would not."""
    words, kind = one_line(error), type(error).__name__
    return words if words == kind or isinstance(error, RuntimeError) else f"{kind}: {words}"


def _no_room(what: str, error: BaseException) -> NoRoomError | None:
    if type(error).__name__ not in _NO_ROOM and _NO_ROOM_ON_CPU not in str(error):
        return None
    return NoRoomError(
        f"{what} found no room in memory: {one_line(error)}", "Take a shorter prompt, or a smaller model or dtype."
    )
