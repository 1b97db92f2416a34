"""Finds a candidate: by its text or id, the one the seed would draw, or the one the branch continues with."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui.core.printable import printable
from tui.core.tokens import printable_token, quoted
from tui.explorer import requests
from tui.explorer.explorer import Explorer
from tui.explorer.status import BRANCH_ENDS
from tui.protocol import Candidate, Viewed


class Finding:
    """Finds candidates and scrolls the list to them."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._said = ""

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        return {"would": self.would, "followed": self.followed}

    def find(self, text: str, then: Callable[[list[Candidate]], None]) -> None:
        """Ask for the candidates that match a token's text, or `#id`; of searches in quick succession only the last."""
        view = requests.find_view(self._explorer.state, text)
        self._explorer.engine.view(view, lambda viewed: then(viewed.found), lambda e: self._explorer.say(str(e)))

    def would(self) -> None:
        """Highlight the token that this seed draws at the cursor."""
        self._explorer.when_ready(self._show_would)

    def _show_would(self) -> None:
        explorer, viewed = self._explorer, self._explorer.picture.viewed
        if viewed is not None and viewed.would is not None:
            explorer.display.reveal(viewed.would)
            explorer.say(f"Seed {explorer.state.seed} draws {_named(viewed.would)}.")
        elif viewed is not None and viewed.tail is not None:
            explorer.say(printable(f"{viewed.tail.undecided} {viewed.tail.remedy}".strip(), space=" "))

    def followed(self, said: str = "") -> None:
        """Highlight the token with which the branch continues at the cursor, and say so in these words, if any."""
        self._said = said
        after = self._explorer.state.next_node(self._explorer.story)
        if after is not None:
            self._explorer.engine.view(requests.find_view(self._explorer.state, f"#{after.token}"), self._reveal)
        else:
            self._explorer.when_ready(lambda: self._explorer.say(self._explorer.phrase(BRANCH_ENDS)))

    def _reveal(self, viewed: Viewed) -> None:
        if viewed.found and requests.answers(viewed, self._explorer.state):
            self._explorer.display.reveal(viewed.found[0])
            self._explorer.say(self._said or f"The branch goes on with {_named(viewed.found[0])}.")


def _named(candidate: Candidate) -> str:
    """A candidate in a sentence: `‹·herd›, rank 38`."""
    name = printable_token(candidate.piece, candidate.token, candidate.special)
    rank = f"rank {candidate.rank:,}" if candidate.rank else "which the server does not tell of"
    return f"{quoted(name)}, {rank}"
