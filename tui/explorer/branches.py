"""The story's branches: one for each last token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tui.core.labels import in_words
from tui.core.settings import Given
from tui.core.story import How, Node, Story

UNCHANGED = "nothing set"


class Branch(NamedTuple):
    """One branch, and where it leaves the others."""

    number: int
    """Counted from 1, in the order in which their last tokens were added."""
    path: Sequence[Node]
    fork: int
    """Number of its tokens that other branches share."""

    @property
    def tip(self) -> int:
        """Id of its last node."""
        return self.path[-1].id

    @property
    def drawn(self) -> list[Node]:
        """Its tokens after the prompt."""
        return [node for node in self.path if node.how is not How.PROMPT]

    @property
    def settings(self) -> str:
        """The settings and seed that its own last token was drawn with; '' if nothing was drawn."""
        return settings_text(self.path[-1].given, self.path[-1].seed) if self.drawn else ""


def tips(story: Story) -> list[int]:
    """Ids of the nodes without children, in the order of the branches."""
    return [node.id for node in story if not story.children(node.id)]


def position(story: Story, tip: int) -> tuple[int, int]:
    """The number of the branch that ends at, or goes on after, node `tip`, and how many branches there are."""
    ends = tips(story)
    if tip in ends:  # as always but after an undone step: no path is walked for each token of a run
        return ends.index(tip) + 1, len(ends)
    return next((number for number, end in enumerate(ends, 1) if is_on_path(story, tip, end)), 0), len(ends)


def is_on_path(story: Story, node_id: int, tip: int) -> bool:
    """True if the node is on the path to `tip`, or is `tip`."""
    while tip in story and tip != node_id:
        tip = story[tip].parent
    return tip == node_id


def branches(story: Story) -> list[Branch]:
    """Every branch."""
    users: dict[int, int] = {}
    paths = [story.path(tip) for tip in tips(story)]
    for path in paths:
        for node in path:
            users[node.id] = users.get(node.id, 0) + 1
    return [
        Branch(number, path, sum(users[node.id] > 1 for node in path)) for number, path in enumerate(paths, 1)
    ]  # fmt: skip


def settings_text(given: Given, seed: int) -> str:
    """The settings that a person gave, and the seed: `temperature 2.00 · top-k off · seed 42`."""
    return f"{in_words(given) or UNCHANGED} · seed {seed}"
