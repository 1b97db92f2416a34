"""Finds the branch's tokens that could no longer be drawn under the settings on screen."""

from __future__ import annotations

from tui.core.settings import Given
from tui.core.story import Story
from tui.explorer import requests
from tui.explorer.explorer import Explorer
from tui.explorer.status import EngineStatus
from tui.protocol import Viewed


class Reachability:
    """Asks about the branch's tokens in slices whenever nothing moves; a change of settings discards the results."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._about: tuple[Story, Given] = (explorer.story, {})
        """The story and settings for which the results hold."""
        self._known: dict[int, str] = {}
        """Node id → the stage that removes its token; '' if the token is reachable."""
        self._asked: frozenset[int] = frozenset()
        explorer.at_rest.append(self.ask)

    @property
    def complete(self) -> bool:
        """True if all tokens of the branch have been looked at, under the settings on screen."""
        explorer, state = self._explorer, self._explorer.state
        known = self._known if self._about == (explorer.story, state.given) else ()
        return not requests.reach_nodes(state, explorer.picture.branch, known)

    def ask(self) -> None:
        """Ask about nodes not known yet; stops once a reply brings nothing new."""
        explorer, state = self._explorer, self._explorer.state
        if state.status is EngineStatus.RUN or not explorer.ready:
            return
        if self._about != (explorer.story, state.given):
            self._about, self._known, self._asked = (explorer.story, state.given), {}, frozenset()
        self._show()
        nodes = requests.reach_nodes(state, explorer.picture.branch, self._known)
        if nodes and frozenset(nodes) != self._asked:
            self._asked = frozenset(nodes)
            explorer.engine.view(requests.reach_view(state, nodes), self._take_in)

    def _take_in(self, viewed: Viewed) -> None:
        if viewed.given == self._about[1] == self._explorer.state.given:  # else the settings have changed since
            self._known |= viewed.reached
            self.ask()

    def _show(self) -> None:
        unreachable = {node: stage for node, stage in self._known.items() if stage}
        if unreachable != self._explorer.picture.unreachable:
            self._explorer.change(unreachable=unreachable)
