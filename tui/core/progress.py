"""Progress of a long request: the callback that reports it, and that gives the request up."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from tui.errors import StoppedError

Report = Callable[[str, float, float | None, str], None]
"""A callback (stage, done, total or None, unit) that is called while a long request runs. An exception in it ends the
request."""


Tell = Callable[[dict[str, object]], None]
"""A callback that gets a part of a long request's result, as plain data."""


def untold(_part: dict[str, object]) -> None:
    """A tell that ignores its argument."""


def quiet(_stage: str, _done: float, _total: float | None, _unit: str) -> None:
    """A report that ignores its arguments."""


def stoppable(asked: Callable[[], bool], what: str, report: Report) -> Report:
    """A report that passes its arguments on to `report`, and raises StoppedError once `asked()` is true.

    `what` names the request in the error's message.
    """

    def watch(stage: str, done: float, total: float | None, unit: str) -> None:
        if asked():
            raise StoppedError(f"{what} was given up.")
        report(stage, done, total, unit)

    return watch


def paced(report: Report, seconds: float = 0.1) -> Report:
    """A report that passes on one call in so many seconds, for work that reports more often than anyone reads."""
    last = -math.inf

    def sometimes(stage: str, done: float, total: float | None, unit: str) -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= seconds:
            last = now
            report(stage, done, total, unit)

    return sometimes
