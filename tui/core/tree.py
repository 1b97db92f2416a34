"""Checks nodes that come over the pipe or from a file: they form a tree, and their numbers are numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable

from tui.core.settings import validate
from tui.core.story import ROOT, How, Node, Story
from tui.errors import InputError

_ROUNDING = 1e-3
"""How far a sum of float32 probabilities may be above 1."""


def is_share(value: float) -> bool:
    """True for a probability or a sum of them."""
    return 0 <= value <= 1 + _ROUNDING


def tree_problem(nodes: Iterable[Node], story: Story, vocabulary: int) -> str:
    """What cannot be true of nodes to be added to a story, in a few words; '' if nothing.

    Each follows a node that is there already, and none changes what is there.
    """
    positions: dict[int, int] = {ROOT: -1}
    for node in nodes:
        if problem := _place_problem(node, positions, story) or node_problem(node, vocabulary):
            return problem
        positions[node.id] = node.position
    return ""


def _place_problem(node: Node, positions: dict[int, int], story: Story) -> str:
    if node.id in story:
        known = story[node.id]
        if (known.parent, known.token) != (node.parent, node.token):
            return f"another node {node.id}"
    if node.id <= ROOT or node.id in positions:
        return f"a second node {node.id}"
    before = positions.get(node.parent)
    if before is None and node.parent in story:
        before = story[node.parent].position
    return f"node {node.id} after no node {node.parent}" if before is None or node.position != before + 1 else ""


def node_problem(node: Node, vocabulary: int) -> str:
    """What cannot be true of one node's token, numbers or settings; '' if nothing."""
    if not 0 <= node.token < vocabulary:
        return f"token {node.token} of {vocabulary:,}"
    if not all(math.isnan(share) or is_share(share) for share in (node.raw, node.tempered, node.final, node.kept_mass)):
        return f"a probability of node {node.id}"
    if not all(math.isnan(number) or number >= 0 for number in (node.entropy, node.surprisal, node.ms)):
        return f"a negative number of node {node.id}"
    if node.rank < 0 or node.kept < 0:
        return f"a negative rank of node {node.id}"
    try:
        validate(node.given)
    except InputError as error:
        return error.message.removesuffix(".")
    return ""


def order_problem(nodes: Iterable[Node]) -> str:
    """What cannot be true of a whole story's nodes, one after the other; '' if nothing.

    Ids ascend, since the next node gets the last one's id + 1, and a prompt is one piece from the root.
    """
    last, prompt = ROOT, {ROOT}
    for node in nodes:
        if node.id <= last:
            return f"node {node.id} after node {last}"
        if node.how is How.PROMPT and node.parent not in prompt:
            return f"a prompt that goes on after the drawn node {node.parent}"
        if node.how is not How.PROMPT and node.parent == ROOT:
            return f"a drawn node {node.id} without a prompt"
        if node.how is How.PROMPT:
            prompt.add(node.id)
        last = node.id
    return ""
