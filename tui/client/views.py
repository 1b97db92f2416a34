"""Queue of views: per slot one view is pending at the engine, and the newest one waits behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tui.client.failures import EngineFailed
from tui.protocol import View, Viewed


class QueuedView(NamedTuple):
    """A view to ask for, and the callbacks for its reply and for a refusal."""

    view: View
    then: Callable[[Viewed], None]
    refused: Callable[[EngineFailed], None]


class LatestPerSlot:
    """Decides when each view is sent. A queued view replaced by a newer one is dropped without a callback."""

    def __init__(self) -> None:
        self._sent: dict[str, QueuedView] = {}
        self._waiting: dict[str, QueuedView] = {}

    def queue(self, queued: QueuedView) -> None:
        """Queue a view, in place of an older one queued for its slot."""
        self._waiting[queued.view.slot] = queued

    def due(self) -> list[QueuedView]:
        """Take the queued views whose slot is free; they count as sent."""
        free = [slot for slot in self._waiting if slot not in self._sent]
        views = [self._waiting.pop(slot) for slot in free]
        self._sent |= {queued.view.slot: queued for queued in views}
        return views

    def answered(self, slot: str) -> None:
        """The reply for this slot has come: the slot is free again."""
        self._sent.pop(slot, None)

    def lost(self) -> None:
        """The engine is gone: queue the views without a reply again, except where a newer one is queued."""
        self._waiting = self._sent | self._waiting
        self._sent = {}

    def clear(self) -> None:
        """Drop all queued views: another story begins."""
        self._waiting = {}
