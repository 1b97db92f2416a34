"""Undoes and redoes changes of settings, seed and branch. No token is removed from the story."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui.explorer.explorer import Explorer
from tui.explorer.history import Change
from tui.explorer.status import DRAWING


class Undoing:
    """Goes back to the state before a change, and forward again."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        return {"undo": self.undo, "redo": self.redo}

    def undo(self) -> None:
        """Undo the last change."""
        explorer = self._explorer
        if explorer.state.stepping:
            explorer.say(explorer.phrase(DRAWING))
            return
        self._go(
            explorer.history.undo(explorer.state, explorer.story),
            "Undone: {}. {{redo}} does it again.",
            "There is nothing to undo.",
        )

    def redo(self) -> None:
        """Do again what was undone."""
        explorer = self._explorer
        if explorer.state.stepping:
            explorer.say(explorer.phrase(DRAWING))
            return
        self._go(
            explorer.history.redo(explorer.state, explorer.story), "Done again: {}.", "There is nothing to do again."
        )

    def _go(self, change: Change | None, done: str, nothing: str) -> None:
        explorer = self._explorer
        if change is None:
            explorer.say(nothing)
            return
        explorer.go(explorer.state.restored(change.state, explorer.story))
        explorer.say(explorer.phrase(done.format(change.what)))
