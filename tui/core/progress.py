"""Progress of a long request: the callback that reports it, and that gives the request up."""

from __future__ import annotations

from collections.abc import Callable

from tui.errors import StoppedError

Report = Callable[[str, float, float | None, str], None]
"""A callback (stage, done, total or None, unit) that is called while a long request runs. An exception in it ends the
request."""


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
