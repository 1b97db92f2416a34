"""The candidate list's messages to the screen, and its help text."""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget

from tui.protocol import Candidate

HELP = """\
# Candidates

The whole vocabulary, best first: what may come next at the cursor.

- `▸` the token this seed would draw under the settings on screen
- `•` the token with which this branch already goes on here; `●` it was drawn or taken just now
- `§` a special token, such as the end of the text
- `──── top-p P leaves N` a cut: what stands above the line is left, what stands below is removed;
  *alone* is what it would leave as the only cut; `⚑` a cut that transformers makes though nobody asked for it
- dimmed, with a name instead of a *final* probability: removed, by the cut of that name
- **raw** the model's own probability, **tempered** after penalties and temperature, **final** after the cuts:
  what the draw uses; **cumul.** *tempered* summed down the list (in llama.cpp's order the probabilities before the
  temperature: those that top-p sees); the bar is *tempered*, on one scale
- **drawn** how often the token came up in the draws made here
- `…` not there yet
- `12–14`, `≤0.3`, `?` a number that the tokens told do not decide: between which two it lies
- `N unseen` all that the server did not tell, and its probability; `leaves 37 or more: undecided` a cut that falls
  among it. `n` draws only where what is kept is certain
"""


class ListMessage(Message, bubble=True):
    """Base of the candidate list's messages; `control` is the list."""

    def __init__(self, candidates: Widget) -> None:
        super().__init__()
        self.candidates = candidates

    @property
    def control(self) -> Widget:
        """The list that posted the message."""
        return self.candidates

    def _replaces(self, message: Message) -> bool:
        return type(message) is type(self) and getattr(message, "candidates", None) is self.candidates


class Wanted(ListMessage, namespace="candidate_list"):
    """Candidates on screen or near it are missing: send `count` of them, after the first `first` ranks."""

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
