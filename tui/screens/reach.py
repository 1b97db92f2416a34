"""Which tokens of the branch could no longer be drawn under the settings on screen."""

from __future__ import annotations

from collections.abc import Iterable

from tui.core.settings import Given
from tui.core.story import Node
from tui.protocol import View, Viewed
from tui.screens.requests import reach_nodes, reach_view
from tui.screens.state import State


class Reach:
    """What is known about the branch's tokens under one choice of settings; all of it is dropped when they change."""

    def __init__(self) -> None:
        self._given: Given = {}
        self._known: dict[int, str] = {}
        self._asked: frozenset[int] = frozenset()

    @property
    def unreachable(self) -> dict[int, str]:
        """Node → the stage that removes its token."""
        return {node: stage for node, stage in self._known.items() if stage}

    def drop_unless(self, given: Given) -> bool:
        """Forget everything if the settings are others now; True if something was forgotten."""
        if given == self._given:
            return False
        had_any = bool(self._known)
        self._given, self._known, self._asked = given, {}, frozenset()
        return had_any

    def wish(self, state: State, path: Iterable[Node]) -> View | None:
        """What to ask next; None if everything is known or the last answer brought nothing new."""
        self.drop_unless(state.given)
        nodes = reach_nodes(state, path, self._known)
        if not nodes or frozenset(nodes) == self._asked:
            return None
        self._asked = frozenset(nodes)
        return reach_view(state, nodes)

    def take_in(self, viewed: Viewed) -> bool:
        """Keep an answer; False if it is about other settings."""
        if viewed.given != self._given:
            return False
        self._known |= viewed.reached
        return True
