"""The changes that can be undone, as the states before and after them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from tui.core.story import Story
from tui.explorer.state import State

MERGED_WITHIN = 1.0
"""Seconds between two moves of the same slider up to which they are undone together."""
KEPT = 1000


class Change(NamedTuple):
    """One change, and the state on its other side: before it if it can be undone, after it if it can be redone."""

    what: str
    state: State


class History:
    """Two stacks of changes of one story. Nodes are never removed, so any state of the story can be shown again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._story: Story | None = None
        self._undo: list[Change] = []
        self._redo: list[Change] = []
        self._recorded = -MERGED_WITHIN

    def record(self, what: str, before: State, story: Story, *, merge: bool = False) -> None:
        """Add a change. With `merge`, one of the same name that has just been recorded stands for both."""
        self._use(story)
        now = self._clock()
        soon = now - self._recorded < MERGED_WITHIN
        self._recorded = now
        self._redo.clear()
        if not (merge and soon and self._undo and self._undo[-1].what == what):
            self._undo = [*self._undo[1 - KEPT :], Change(what, before)]

    def undo(self, now: State, story: Story) -> Change | None:
        """The last change that still makes a difference to `now`, with the state before it; None if there is none."""
        return self._move(self._undo, self._redo, now, story)

    def redo(self, now: State, story: Story) -> Change | None:
        """The change undone last, with the state after it; None if there is none."""
        return self._move(self._redo, self._undo, now, story)

    def _move(self, source: list[Change], target: list[Change], now: State, story: Story) -> Change | None:
        self._use(story)
        self._recorded = -MERGED_WITHIN
        while source:
            change = source.pop()
            if now.restored(change.state, story).decisions != now.decisions:
                target.append(Change(change.what, now))
                return change
        return None

    def _use(self, story: Story) -> None:
        """Forget the changes of another model's story."""
        if story is not self._story:
            self._story = story
            self._undo.clear()
            self._redo.clear()
