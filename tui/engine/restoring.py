"""Checks that a story from elsewhere is of the open model: a folder or a server may hold another one by now."""

from __future__ import annotations

from tui.core.printable import printable_bytes
from tui.core.story import Node, Story
from tui.errors import ModelError
from tui.models.base import CONTEXT, Model

REMEDY = "Open the model that it was drawn with, or start without {--resume}."


def check_story(story: Story, vocabulary: int | None, model: Model) -> None:
    """ModelError unless a story's tokens are the model's; `vocabulary`: how many logits its own had, where known.

    Each token is compared once, in the first place where it stands: its bytes may depend on the ids before it.
    """
    width = model.info.vocabulary
    if vocabulary is not None and vocabulary != width:
        raise ModelError(f"The story was drawn from {vocabulary:,} tokens, and this model has {width:,}.", REMEDY)
    checked: set[int] = set()
    for node in story:
        if node.token not in checked:
            checked.add(node.token)
            _check_token(node, story, model)


def _check_token(node: Node, story: Story, model: Model) -> None:
    if not 0 <= node.token < model.info.vocabulary:
        raise ModelError(f"The story has a token {node.token:,}, and this model has none.", REMEDY)
    piece = model.tokens.piece(node.token, _before(node, story))
    if piece != node.piece:
        theirs, ours = printable_bytes(node.piece), printable_bytes(piece)
        raise ModelError(f"The story's token {node.token:,} is {theirs!r}, and this model's is {ours!r}.", REMEDY)


def _before(node: Node, story: Story) -> list[int]:
    """As many ids before a node as may decide its text."""
    ids: list[int] = []
    while len(ids) < CONTEXT and node.parent in story:
        node = story[node.parent]
        ids.append(node.token)
    return ids[::-1]
