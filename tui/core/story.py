"""The story: a tree of immutable nodes, one for each token tried. The engine owns it, the client mirrors it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from tui.core.settings import Given

MANY_BITS = 4.0
"""Bits above which a token is a surprise (it had less than one chance in sixteen), and a step uncertain by its entropy
(as if more than sixteen tokens were equally probable)."""
ROOT = 0
"""The parent id of every prompt's first token. No node has this id."""


class How(StrEnum):
    """How a node's token was chosen."""

    PROMPT = "prompt"
    SAMPLED = "sampled"
    GREEDY = "greedy"
    CHOSEN = "chosen"


class Node(msgspec.Struct, frozen=True, array_like=True):
    """One token of the tree, with its numbers at the step that added it. They are NaN for prompt tokens."""

    id: int
    parent: int
    position: int
    """Index in the sequence of ids, from 0."""
    token: int
    piece: bytes
    special: bool = False
    how: How = How.PROMPT
    given: Given = {}
    """What the person had set when the token was drawn or chosen."""
    seed: int = 0
    rank: int = 0
    """1 = best, by the scores after penalties."""
    raw: float = math.nan
    tempered: float = math.nan
    final: float = math.nan
    kept: int = 0
    """How many candidates the cuts left."""
    entropy: float = math.nan
    """Entropy of the raw distribution the token was taken from, in bits."""
    surprisal: float = math.nan
    """−log2 of the token's raw probability, in bits."""
    ms: float = math.nan
    """Milliseconds of the forward that computed the logits this token was drawn from."""
    kept_mass: float = math.nan
    """The tempered probability of the candidates that the cuts left; last, so that older sessions still open."""


class Story:
    """Nodes by id, and the children of each. Nodes are added, never changed or removed."""

    def __init__(self, nodes: Iterable[Node] = ()) -> None:
        self._nodes: dict[int, Node] = {}
        self._children: dict[int, list[int]] = {}
        self.add(nodes)

    def add(self, nodes: Iterable[Node]) -> None:
        """Add nodes, parents first; a node whose id is there already is skipped."""
        for node in nodes:
            if node.id not in self._nodes:
                self._nodes[node.id] = node
                self._children.setdefault(node.parent, []).append(node.id)

    def __getitem__(self, node_id: int) -> Node:
        return self._nodes[node_id]

    def __contains__(self, node_id: int) -> bool:
        return node_id in self._nodes

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    @property
    def next_id(self) -> int:
        """The id that the next node gets; ids are never reused."""
        return next(reversed(self._nodes), ROOT) + 1

    def children(self, node_id: int) -> list[Node]:
        """This node's children, oldest first."""
        return [self._nodes[child] for child in self._children.get(node_id, ())]

    def child(self, node_id: int, token: int, *, prompt: bool) -> Node | None:
        """This node's child with `token`: the prompt's one if `prompt`, else the one drawn or chosen. None if missing.

        Prompt and drawn children are kept apart: the number of draws before them, hence the random state, differs.
        """
        alike = (node for node in self.children(node_id) if (node.how is How.PROMPT) == prompt)
        return next((node for node in alike if node.token == token), None)

    def path(self, node_id: int) -> list[Node]:
        """The nodes from the first prompt token to this node, both included; empty for ROOT."""
        nodes = []
        while node_id != ROOT:
            node = self._nodes[node_id]
            nodes.append(node)
            node_id = node.parent
        return nodes[::-1]
