"""Keys one after the other: each does all that it does before the next is handed on."""

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
"""Seconds after which the next key is handed on whatever became of the one before it."""


class InOrder:
    """Holds back what is typed until what was typed before it has taken effect.

    Textual hands every key at once to whatever has the focus then, while a key's action runs only when the key has
    come back up from there: what is typed right after the key that opens a dialog would miss the dialog.
    """

    def __init__(self, app: App[Any], hand_on: Callable[[Typed], Awaitable[None]]) -> None:
        self._app, self._hand_on = app, hand_on
        self._waiting: deque[Typed] = deque()
        self._turn = self._done = 0
        """The number of the last key handed on, and of the last that has done all it does."""
        self._late: asyncio.TimerHandle | None = None

    async def take(self, event: Typed) -> None:
        """Hand `event` on when its turn comes, at once if nothing is under way. Runs in the app's own task."""
        self._waiting.append(event)
        await self._next()

    async def _next(self) -> None:
        if not self._waiting or self._turn != self._done:
            return
        self._turn += 1
        turn, focused = self._turn, self._app.focused or self._app.screen
        route: list[MessagePump] = [focused, *focused.ancestors]
        self._late = asyncio.get_running_loop().call_later(LONGEST, self._arrived, turn)
        await self._hand_on(self._waiting.popleft())
        self._follow(route, turn)

    def _follow(self, route: list[MessagePump], turn: int) -> None:
        """Go the key's own way, right behind it: through every queue it passes, last that of the screen it opened."""
        for place, pump in enumerate(route):
            if pump.call_later(self._follow, route[place + 1 :], turn):
                return
        if not self._app.screen.call_later(self._arrived, turn):
            self._arrived(turn)

    def _arrived(self, turn: int) -> None:
        if self._done < turn == self._turn:
            self._done = turn
            if self._late is not None:
                self._late.cancel()
            self._app.call_later(self._next)
