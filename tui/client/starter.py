"""Starts a client's engine: as a child of this interpreter, or by a command that may have to ask the person first."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tui.client.asking import GreetedEngine, start_asking
from tui.client.child import Child
from tui.client.pipe import Link


def engine_command() -> list[str]:
    """The command for an engine in this interpreter; -P: a `tui` folder in the current folder must not shadow ours."""
    return [sys.executable, "-P", "-m", "tui", "engine"]


class Starter:
    """`connect` starts an engine without a terminal to ask on; `ask` starts the next one on the terminal."""

    def __init__(self, command: Sequence[str] | None, greeted: GreetedEngine | None = None) -> None:
        self._command = command or engine_command()
        self._may_ask = command is not None
        self._greeted = greeted
        self._last: Link | None = None

    @property
    def must_ask(self) -> bool:
        """True if the last start, without a terminal, brought no greeting: the command may have had a question."""
        return self._may_ask and self._last is not None and self._last.ready is None

    def ask(self) -> None:
        """Start the command on the plain terminal and wait for its greeting; the next `connect` uses this engine.

        EngineFailed if no engine greets, KeyboardInterrupt at Ctrl+C.
        """
        self.close()
        self._greeted = start_asking(self._command)

    async def connect(self) -> Link:
        """Start an engine, or take the one `ask` started; the link to it. EngineFailed if it cannot be started."""
        greeted, self._greeted = self._greeted, None
        child = greeted.child if greeted else Child.start(self._command)
        try:
            self._last = Link(*await child.streams(), child)
        except BaseException:
            await child.close()
            raise
        if greeted:
            self._last.greeted(greeted.ready, greeted.rest)
        return self._last

    def close(self) -> None:
        """End an engine that `ask` has started and `connect` has not used."""
        if self._greeted is not None:
            self._greeted.child.end_now()
            self._greeted = None
