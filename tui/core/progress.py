"""How far something is, told while it goes on."""

from __future__ import annotations

from collections.abc import Callable

from tui.errors import StoppedError

Report = Callable[[str, float, float | None, str], None]
"""(stage, done, total or None, unit): how far a long request is. What it raises gives the request up."""


def quiet(_stage: str, _done: float, _total: float | None, _unit: str) -> None:
    """A report nobody reads."""


def stoppable(asked: Callable[[], bool], what: str, report: Report) -> Report:
    """`report`, which raises StoppedError once `asked()` is true: `what` is given up."""

    def watch(stage: str, done: float, total: float | None, unit: str) -> None:
        if asked():
            raise StoppedError(f"{what} was given up.")
        report(stage, done, total, unit)

    return watch
