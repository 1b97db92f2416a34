"""The token with which the branch goes on at the cursor: how it came to stand there, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from rich.text import Text

from tui.core.labels import value_text
from tui.core.settings import Setting, Settings
from tui.core.stages import PARAMETERS
from tui.core.story import How, Node
from tui.core.tokens import printable_token, quoted
from tui.protocol import Candidate
from tui.widgets.candidate_columns import GOES_ON, WOULD_DRAW, token_name

_HOW: Mapping[How, str] = {
    How.PROMPT: "in the prompt",
    How.SAMPLED: "drawn",
    How.GREEDY: "drawn, greedy",
    How.CHOSEN: "taken by you",
}
_LONGEST_NAME = 24
_MOST_SETTINGS = 3


class GoesOn(NamedTuple):
    """The branch's token after the cursor."""

    node: Node
    given: str = ""
    """The settings it was drawn with, as far as others are on screen now (`drawn_with`)."""

    @property
    def notes(self) -> list[str]:
        """`• ‹·were›: drawn at rank 48, 9.4 bits, with T 2.00` in ever fewer words."""
        node = self.node
        name = f"{GOES_ON} {cut_name(printable_token(node.piece, node.token, node.special))}"
        numbers = [f"rank {node.rank:,}"] if node.rank else []
        numbers += [f"{node.surprisal:.1f} bits"] if math.isfinite(node.surprisal) else []
        how = " at ".join(filter(None, (_HOW[node.how], ", ".join(numbers))))
        otherwise = [f"{name}: {how}, with {self.given}"] if self.given else []
        return [*otherwise, f"{name}: {how}", f"{name}, {', '.join(numbers)}" if numbers else name]


def drawn_with(node: Node, now: Settings, base: Settings, seed: int) -> str:
    """What was set otherwise when a token was drawn: `T 2.00, k off, seed 7`; '' for a token that was not drawn.

    `now` are the settings on screen, `base` those in force where nothing is given.
    """
    if node.how not in (How.SAMPLED, How.GREEDY):
        return ""
    then = {**base, **{name: Setting(value, base[name].source) for name, value in node.given.items() if name in base}}
    texts = [
        f"{PARAMETERS[name].symbol or PARAMETERS[name].label} {value_text(name, setting.value)}"
        for name, setting in then.items()
        if name in PARAMETERS and name in now and now[name].value != setting.value
    ]
    texts += [f"seed {node.seed}"] if node.seed != seed else []
    return ", ".join(texts[:_MOST_SETTINGS]) + (", …" if len(texts) > _MOST_SETTINGS else "")


def would_draw_notes(candidate: Candidate) -> list[str]:
    """The token that a step would draw, in ever fewer words: `▸ n draws ‹·unicorns›, rank 3`."""
    name = cut_name(token_name(candidate))
    return [f"{WOULD_DRAW} n draws {name}, rank {candidate.rank:,}", f"{WOULD_DRAW} n draws {name}"]


def cut_name(name: str, longest: int = _LONGEST_NAME) -> str:
    """A token's printable name, quoted, and cut if it has more than `longest` cells."""
    text = Text(name)
    text.truncate(longest, overflow="ellipsis")
    return quoted(text.plain)
