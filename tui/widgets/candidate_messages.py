"""The messages to the screen of the panes that show candidates, and the list's help text."""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget

from tui.protocol import Candidate

HELP = """\
# Candidates

Every token of the vocabulary, best first: what the next token may be. The title counts tokens from the text's first.

- `▸` the token this seed would draw under the settings on screen
- `•` the token with which this branch already goes on here. The lower border says how it came there: drawn, or taken
  by you; its rank then; its surprisal; and `with T 2.00` if other settings are on screen now
- `§` a special token, such as the end of the text; `·` a blank, `↵` a line break, `⟨E2⟩` a byte that is no whole
  character, `∅` no text at all
- `──── top-p 0.90 leaves 37` a cut: what stands above the line is left, what stands below it is removed;
  *5 if it were the only cut*: the stages before it left it less to choose from;
  *7 of 15 equal tokens kept* (`tie 7/15`): the cut falls among tokens of one probability;
  `⚑` a default of transformers, which neither you nor the model set
- dimmed, with a name instead of a *final* probability: removed, by the cut of that name
- **raw** the model's own probability; **temp.** (*tempered*, as the bars are) after penalties and temperature;
  **final** after the cuts, which the draw uses; **cumul.** the sum of *tempered* down to here (in llama.cpp's
  order of what it is before the temperature: that is what top-p sees)
- `%` percent; `ln` the natural logarithm of the probability; **logit** the model's score itself
- **drawn** how often the token came up in the draws made here
- below the list, about the highlighted token: its id and bytes; its surprisal in *bits*, by *raw*;
  *needs top-p > 0.33* the least top-p that keeps it, with temperature, top-k and top-h as they are
- `…` not there yet, or cut for want of room
- `12–14`, `≤0.3`, `≥0.3`, `?` a number that the tokens told do not decide: what it lies between
- `–` no rank: `N unseen` is all that the server did not tell, and its probability; `leaves 37 or more: undecided` a cut
  that falls among it. `n` draws only where what is kept is certain
"""


class ListMessage(Message, bubble=True):
    """Base of the messages about candidates; `control` is the pane that shows them: the list, or the plot."""

    def __init__(self, candidates: Widget) -> None:
        super().__init__()
        self.candidates = candidates

    @property
    def control(self) -> Widget:
        """The pane that posted the message."""
        return self.candidates

    def _replaces(self, message: Message) -> bool:
        return type(message) is type(self) and getattr(message, "candidates", None) is self.candidates


class Wanted(ListMessage, namespace="candidate_list"):
    """Candidates on screen or near it, or under the plot's cursor, are missing.

    Send `count` of them, after the first `first` ranks.
    """

    def __init__(self, candidates: Widget, first: int, count: int) -> None:
        super().__init__(candidates)
        self.first, self.count = first, count

    def can_replace(self, message: Message) -> bool:
        """True for an older `Wanted` of the same list."""
        return self._replaces(message)


class Take(ListMessage, namespace="candidate_list"):
    """The person takes this token as the next one."""

    def __init__(self, candidates: Widget, token: int) -> None:
        super().__init__(candidates)
        self.token = token


class Highlighted(ListMessage, namespace="candidate_list"):
    """Another candidate is highlighted, or its numbers changed; None while the list does not hold it."""

    def __init__(self, candidates: Widget, candidate: Candidate | None) -> None:
        super().__init__(candidates)
        self.candidate = candidate

    def can_replace(self, message: Message) -> bool:
        """True for an older `Highlighted` of the same list."""
        return self._replaces(message)
