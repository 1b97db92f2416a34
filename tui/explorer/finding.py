"""Finds a candidate: by its text or id, the one the seed would draw, or the one the branch continues with."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui.explorer import requests
from tui.explorer.explorer import Explorer
from tui.protocol import Candidate, Viewed


class Finding:
    """Finds candidates and scrolls the list to them."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        return {"would": self.would, "followed": self.followed}

    def find(self, text: str, then: Callable[[list[Candidate]], None]) -> None:
        """Ask for the candidates that match a token's text, or `#id`; of searches in quick succession only the last."""
        view = requests.find_view(self._explorer.state, text)
        self._explorer.engine.view(view, lambda viewed: then(viewed.found), lambda e: self._explorer.say(str(e)))

    def would(self) -> None:
        """Highlight the token that this seed draws at the cursor."""
        viewed = self._explorer.picture.viewed
        if viewed is not None and viewed.would is not None:
            self._explorer.display.reveal(viewed.would)

    def followed(self) -> None:
        """Highlight the token with which the branch continues at the cursor."""
        after = self._explorer.state.next_node(self._explorer.story)
        if after is not None:
            self._explorer.engine.view(requests.find_view(self._explorer.state, f"#{after.token}"), self._reveal)

    def _reveal(self, viewed: Viewed) -> None:
        if viewed.found and requests.answers(viewed, self._explorer.state):
            self._explorer.display.reveal(viewed.found[0])
