"""Looking into the prompt: what the model makes of the tokens a person wrote."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from tui.core.story import How, Node
from tui.explorer import requests
from tui.explorer.engine import ignore
from tui.explorer.explorer import Explorer
from tui.explorer.prompting import Prompting
from tui.protocol import Viewed

ONE_FORWARD = "Inside the prompt: the numbers of one forward over all of it, not generate()'s own bits."
SCORED = (
    "Scored by one forward: {count:,} × {bits:.2f} bits, perplexity {perplexity:,.1f}. "
    "{{steps}} lists them, {{next_surprise}} {{previous_surprise}} go from surprise to surprise."
)
TOO_SHORT = "There is no token with another before it: nothing to score."


class PromptInspection:
    """Asks once for each prompt: when the cursor first goes into it, or a person wants the text scored."""

    def __init__(self, explorer: Explorer, prompting: Prompting, leave_prompt: Callable[[], None] = ignore) -> None:
        """`leave_prompt`: called when a text is scored: the keys that look at its numbers are not the editor's."""
        self._explorer, self._prompting, self._leave_prompt = explorer, prompting, leave_prompt
        self._to_score: str | None = None
        """The text that is to be scored as soon as the model has read it."""
        explorer.cursor_moved.append(self._look)
        prompting.was_read.append(self._read)

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        return {"score": self.score}

    def score(self) -> None:
        """Ask what the model makes of each token of the written text; one that it has not read is submitted first."""
        self._leave_prompt()
        if self._prompting.waiting or self._prompting.text != self._prompting.read:
            self._to_score = self._prompting.text
            self._prompting.submit()
        else:
            self._explorer.when_ready(lambda: self._ask(self._say_score))

    def _read(self) -> None:
        if self._to_score == self._prompting.read:
            self._ask(self._say_score)
        self._to_score = None

    def _look(self) -> None:
        """Ask for the numbers of the prompt that the cursor is inside of."""
        inside = self._explorer.state.cursor in [node.id for node in self._prompt[:-1]]
        if self._explorer.ready and inside and not self._known:
            self._ask(lambda: self._explorer.say(ONE_FORWARD))

    @property
    def _prompt(self) -> list[Node]:
        return [node for node in self._explorer.picture.branch if node.how is How.PROMPT]

    @property
    def _scored(self) -> list[float]:
        """The surprisals known of the prompt's tokens; the first token of all has none."""
        return [node.surprisal for node in self._prompt if math.isfinite(node.surprisal)]

    @property
    def _known(self) -> bool:
        """True if every token with another before it has its numbers: a prompt that begins as an older one has some."""
        return all(math.isfinite(node.surprisal) for node in self._prompt[1:])

    def _ask(self, then: Callable[[], None]) -> None:
        """Call `then` once the numbers of the prompt on screen are known; at once if they are."""
        explorer = self._explorer

        def answered(viewed: Viewed) -> None:
            if viewed.scored:
                explorer.score(viewed.scored)
                then()

        if self._known:
            then()
        else:
            explorer.engine.view(requests.score_view(explorer.state, self._prompt[-1].id), answered)

    def _say_score(self) -> None:
        surprisals = self._scored
        if not surprisals:
            self._explorer.say(TOO_SHORT)
            return
        bits = math.fsum(surprisals) / len(surprisals)
        line = SCORED.format(count=len(surprisals), bits=bits, perplexity=2**bits)
        self._explorer.say(self._explorer.phrase(line))
