"""One view in flight a slot, with the newest wish behind it."""

from __future__ import annotations

from tui.protocol import View


class Wishes:
    """Decides which view is asked when. A wish that a newer one overtook is never sent."""

    def __init__(self) -> None:
        self._asked: dict[str, View] = {}
        self._waiting: dict[str, View] = {}

    def wish(self, view: View) -> None:
        """Note the newest wish for a slot."""
        self._waiting[view.slot] = view

    def due(self) -> list[View]:
        """The wishes whose slot is free, which are now asked."""
        free = [slot for slot in self._waiting if slot not in self._asked]
        views = [self._waiting.pop(slot) for slot in free]
        self._asked |= {view.slot: view for view in views}
        return views

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
