"""Settings that each continue the text from one place, as plain data: what is asked for, and what is told of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from tui.core.settings import DEFAULT_SEED, Given
from tui.core.story import Node
from tui.errors import InputError

CONTINUE = "continue"
"""The kind of this `Job`."""
AHEAD = -1
"""The id of a token that stands in no story, in its `Node`."""
MOST_TOKENS = 100_000
"""So many tokens can be asked for."""


class ContinueEach(msgspec.Struct, frozen=True, kw_only=True):
    """What to continue; as plain data, the parameters of a `Job` of kind `continue`."""

    at: int
    """The node after which each text begins."""
    given: list[Given]
    """The settings, one after the other."""
    seed: int = DEFAULT_SEED
    length: int
    """How many tokens each text gets, if it does not end before."""

    def check(self) -> None:
        """InputError unless `length` is in range."""
        if not 1 <= self.length <= MOST_TOKENS:
            raise InputError(f"A text can go on by 1 to {MOST_TOKENS:,} tokens, not by {self.length}.")


class TextMeasures(msgspec.Struct, frozen=True, array_like=True):
    """Measures of one text, defined in `experiments/metrics.py`; NaN where they are not known."""

    surprisal: float = math.nan
    """The mean of −log2 p of its tokens under the raw model, in bits."""
    perplexity: float = math.nan
    distinct_2: float = math.nan
    """Different pairs of tokens, for each token."""


class TextPart(msgspec.Struct, frozen=True, kw_only=True):
    """What is new about one of the texts."""

    text: int
    """Its place in `ContinueEach.given`."""
    nodes: list[Node] = []
    """The tokens that it has got; their ids are `AHEAD`, where the story does not have them already."""
    measures: TextMeasures = TextMeasures()
    """Of the text as it is now."""
    reason: str = ""
    """Why it has ended: count, eos, stop_string, context; '' while it goes on."""
    message: str = ""
    """Why it cannot go on; '' if it can."""
    remedy: str = ""


@dataclass(eq=False, slots=True)
class GrowingText:
    """One of the texts, as far as it has been told."""

    wanted: int
    """How many tokens it gets, if it does not end before."""
    nodes: list[Node] = field(default_factory=list)
    measures: TextMeasures = field(default_factory=TextMeasures)
    reason: str = ""
    """As `TextPart.reason`, or `stopped`."""
    problem: str = ""
    """Why it cannot go on; '' if it can."""

    @property
    def ended(self) -> bool:
        """True if nothing will be added."""
        return bool(self.reason or self.problem)

    def add(self, part: TextPart) -> None:
        """Take over what is new. An error's words are the caller's affair."""
        self.nodes += part.nodes
        self.reason = part.reason
        if part.nodes:
            self.measures = part.measures


def first_apart(first: Sequence[Node], other: Sequence[Node]) -> int | None:
    """The index of the first token that two texts do not share; None as far as both are there and equal."""
    pairs = enumerate(zip(first, other, strict=False))
    return next((index for index, (one, two) in pairs if one.token != two.token), None)
