"""Looking into the prompt: what the model makes of the tokens a person wrote."""

from __future__ import annotations

import math

from tui.core.story import How
from tui.explorer import requests
from tui.explorer.explorer import Explorer
from tui.protocol import Viewed

ONE_FORWARD = "Inside the prompt: the numbers of one forward over all of it, not generate()'s own bits."


class PromptInspection:
    """Asks once for each prompt, when the cursor first goes into it."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        explorer.cursor_moved.append(self.look)

    def look(self) -> None:
        """Ask for the numbers of the prompt that the cursor is inside of, unless they are known."""
        explorer, state = self._explorer, self._explorer.state
        prompt = [node for node in explorer.picture.branch if node.how is How.PROMPT]
        inside = state.cursor in [node.id for node in prompt[:-1]]
        if explorer.ready and inside and not any(math.isfinite(node.surprisal) for node in prompt):
            explorer.engine.view(requests.score_view(state, prompt[-1].id), self._scored)

    def _scored(self, viewed: Viewed) -> None:
        if viewed.scored:
            self._explorer.score(viewed.scored)
            self._explorer.say(ONE_FORWARD)
