"""One view in flight a slot, with the newest wish behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tui.client.failures import EngineFailed
from tui.protocol import View, Viewed


class Wish(NamedTuple):
    """A view somebody wants, and who is told what comes of it."""

    view: View
    then: Callable[[Viewed], None]
    refused: Callable[[EngineFailed], None]


class LatestPerSlot:
    """Decides which view is asked when. A wish that a newer one overtook is never sent, and nobody is told."""

    def __init__(self) -> None:
        self._asked: dict[str, Wish] = {}
        self._waiting: dict[str, Wish] = {}

    def wish(self, wish: Wish) -> None:
        """Note the newest wish for a slot."""
        self._waiting[wish.view.slot] = wish

    def due(self) -> list[Wish]:
        """The wishes whose slot is free, which are now asked."""
        free = [slot for slot in self._waiting if slot not in self._asked]
        wishes = [self._waiting.pop(slot) for slot in free]
        self._asked |= {wish.view.slot: wish for wish in wishes}
        return wishes

    def answered(self, slot: str) -> None:
        """The slot is free again."""
        self._asked.pop(slot, None)

    def lost(self) -> None:
        """What was asked and never answered becomes a wish again, unless there is a newer one."""
        self._waiting = self._asked | self._waiting
        self._asked = {}

    def clear(self) -> None:
        """Drop what was not asked yet: another story begins."""
        self._waiting = {}
