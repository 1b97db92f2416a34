"""The text and marks of each token of a branch, also where several tokens share a character."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import NamedTuple

from tui.core.story import How, Node
from tui.core.tokens import unused_name
from tui.widgets.clusters import clusters, drawn, joins, width

CHOSEN = "▹"
"""Mark before a token that the person took."""
CHANGED = "◇"
"""Mark before a token drawn under other settings or another seed than the previous one."""
BEGINS = "┊"
"""Mark between the prompt and the generated tokens."""
NEWLINE = "↵"


class Glyph(NamedTuple):
    """The smallest drawn unit: a character with its combining marks, a byte's `⟨E2⟩`, or one of the marks above."""

    text: str
    width: int
    node: int
    """Index of the token's node in the path."""
    number: int
    """Index among the token's glyphs."""
    mark: bool = False
    """True for a mark, which is not part of the token's text."""

    @property
    def blank(self) -> bool:
        """True for a blank: a line may break behind it."""
        return self.text == " "

    @property
    def newline(self) -> bool:
        """True for a line break in the token's text."""
        return self.mark and self.text == NEWLINE


class Spans:
    """The text of every token of a path; what is drawn as one belongs to the token that completes it.

    That is a character, or a character with the marks on it. Bytes that complete no character stay with their own
    token, as lone surrogates (`surrogateescape`).
    """

    def __init__(self) -> None:
        self.nodes: Sequence[Node] = ()
        self._texts: list[str] = []
        self._inside = [False]
        """For each token, and for the end of the path: whether it starts inside what is drawn as one."""

    def update(self, nodes: Sequence[Node], start: int) -> int:
        """Take a path that differs from index `start` on; the index of the first token whose text may have changed."""
        while self._inside[start]:
            start -= 1
        self.nodes = nodes
        del self._texts[start:], self._inside[start:]
        self._decode(start)
        return min([start, *map(self._gather, range(max(1, start), len(nodes)))])

    def _decode(self, start: int) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        owners: list[int] = []
        self._texts += [""] * (len(self.nodes) - start)
        for index in range(start, len(self.nodes)):
            self._inside.append(bool(owners))
            piece = self.nodes[index].piece
            owners = self._give(decoder.decode(piece), [*owners, *[index] * len(piece)])
        self._inside.append(bool(owners))
        self._give(decoder.decode(b"", True), owners)

    def _give(self, text: str, owners: list[int]) -> list[int]:
        """Add each character to the token that owns its last byte; the owners of the bytes not used yet."""
        used = 0
        for char in text:
            used += len(char.encode("utf-8", "surrogateescape"))
            self._texts[owners[used - 1]] += char
        return owners[used:]

    def _gather(self, index: int) -> int:
        """Give a token the cluster before it that its text goes on with; the index of the token that had it."""
        before = self._before(index)
        text = self._texts[index]
        if before is None or not text or not joins(last := clusters(self._texts[before])[-1], text[0]):
            return index
        self._texts[before], self._texts[index] = self._texts[before].removesuffix(last), last + text
        self._inside[before + 1 : index + 1] = [True] * (index - before)
        return before

    def _before(self, index: int) -> int | None:
        """The index of the last token before this one that has a text."""
        return next((number for number in range(index - 1, -1, -1) if self._texts[number]), None)

    def glyphs(self, index: int) -> list[Glyph]:
        """A token's glyphs: where the prompt ends, leading blanks, the other marks, then the rest of its text."""
        node = self.nodes[index]
        text = self._texts[index] if node.piece or not node.special else unused_name(node.token)
        rest = text.lstrip(" ")
        before = self._before(index)
        last = self._texts[before][-1] if before is not None and text == rest else " "
        shown = [(BEGINS, True)] if self._begins(index) else []
        shown += [(" ", False)] * (len(text) - len(rest))
        shown += [(mark, True) for mark in self._marks(index)]
        for cluster in clusters(rest):
            shown += [(NEWLINE, True)] if cluster == "\n" else [(unit, False) for unit in drawn(cluster, last)]
            last = cluster[-1]
        return [Glyph(part, width(part), index, number, mark) for number, (part, mark) in enumerate(shown)]

    def _begins(self, index: int) -> bool:
        """True for the first token after the prompt."""
        return index > 0 and self.nodes[index].how is not How.PROMPT and self.nodes[index - 1].how is How.PROMPT

    def _marks(self, index: int) -> str:
        node = self.nodes[index]
        if node.how is How.PROMPT or index == 0:
            return ""
        before = self.nodes[index - 1]
        changed = before.how is not How.PROMPT and (node.given, node.seed) != (before.given, before.seed)
        return CHANGED * changed + CHOSEN * (node.how is How.CHOSEN)
