"""Undoes and redoes changes of settings, seed and branch. No token is removed from the story."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui.core.story import Story
from tui.explorer.explorer import Explorer
from tui.explorer.history import Change
from tui.explorer.state import State
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
        history = self._explorer.history
        self._move(history.undo, "Undone: {}. {{redo}} does it again.", "There is nothing to undo.")

    def redo(self) -> None:
        """Do again what was undone."""
        history = self._explorer.history
        self._move(history.redo, "Done again: {}.", "There is nothing to do again.")

    def _move(self, other: Callable[[State, Story], Change | None], done: str, nothing: str) -> None:
        """Go to the state on the other side of a change, unless tokens are being drawn."""
        explorer = self._explorer
        if explorer.state.stepping:
            explorer.say(explorer.phrase(DRAWING))
        elif (change := other(explorer.state, explorer.story)) is None:
            explorer.say(nothing)
        else:
            explorer.go(explorer.state.restored(change.state, explorer.story))
            explorer.say(explorer.phrase(done.format(change.what)))
