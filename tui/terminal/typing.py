"""Handles keys one after the other: a key is passed on only after the previous one has taken effect."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App
from textual.events import Key, Paste
from textual.message_pump import MessagePump

Typed = Key | Paste
LONGEST = 0.5
"""Seconds after which the next key is passed on even if the previous one has not taken effect."""


class InOrder:
    """Holds back each key or paste until the previous one has taken effect.

    Textual passes each key at once to the focused widget, but runs a key's action only when the key has bubbled up
    from there. So a key typed right after the one that opens a dialog would miss the dialog.
    """

    def __init__(self, app: App[Any], pass_on: Callable[[Typed], Awaitable[None]]) -> None:
        self._app, self._pass_on = app, pass_on
        self._waiting: deque[Typed] = deque()
        self._turn = self._done = 0
        """Number of the last key passed on, and of the last key that has taken effect."""
        self._late: asyncio.TimerHandle | None = None

    async def take(self, event: Typed) -> None:
        """Queue `event`, and pass it on when its turn comes, at once if no key is under way. Runs in the app's task."""
        self._waiting.append(event)
        await self._next()

    async def _next(self) -> None:
        if not self._waiting or self._turn != self._done:
            return
        self._turn += 1
        turn, focused = self._turn, self._app.focused or self._app.screen
        route: list[MessagePump] = [focused, *focused.ancestors]
        self._late = asyncio.get_running_loop().call_later(LONGEST, self._arrived, turn)
        await self._pass_on(self._waiting.popleft())
        self._follow(route, turn)

    def _follow(self, route: list[MessagePump], turn: int) -> None:
        """Follow the key through every message queue it passes, and last through that of a screen it has opened."""
        for index, pump in enumerate(route):
            if pump.call_later(self._follow, route[index + 1 :], turn):
                return
        if not self._app.screen.call_later(self._arrived, turn):
            self._arrived(turn)

    def _arrived(self, turn: int) -> None:
        if self._done < turn == self._turn:
            self._done = turn
            if self._late is not None:
                self._late.cancel()
            self._app.call_later(self._next)
