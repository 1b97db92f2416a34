"""How a client gets its engine: a child of its own, or a command that may have to ask the person first."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tui.client.asking import Greeted, start_asking
from tui.client.child import Child
from tui.client.pipe import Link


def engine_command() -> list[str]:
    """The engine as a child of this interpreter; -P: a `tui` folder where the person is must not shadow ours."""
    return [sys.executable, "-P", "-m", "tui", "engine"]


class Starter:
    """Starts an engine, each time without a terminal it could ask on; `ask` gives it one, once."""

    def __init__(self, command: Sequence[str] | None, greeted: Greeted | None = None) -> None:
        self._command = command or engine_command()
        self._may_ask = command is not None
        self._greeted = greeted
        self._last: Link | None = None

    @property
    def must_ask(self) -> bool:
        """The last start, without a terminal, has brought no greeting: it may have had something to ask."""
        return self._may_ask and self._last is not None and self._last.ready is None

    def ask(self) -> None:
        """Start it on the plain terminal, and wait for its greeting; `connect` gives this one.

        EngineFailed if there is none, KeyboardInterrupt at Ctrl+C.
        """
        self.close()
        self._greeted = start_asking(self._command)

    async def connect(self) -> Link:
        """A link to a new engine."""
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
        """End an engine that nobody has connected to."""
        if self._greeted is not None:
            self._greeted.child.end_now()
            self._greeted = None
