"""Places the labels of a plot so that they never overlap."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

GAP = 2
"""Blank cells between two labels."""


class Label(NamedTuple):
    """A text to be placed above a column."""

    column: int
    text: str


class Placed(NamedTuple):
    """A text placed from column `start` on."""

    start: int
    text: str

    @property
    def end(self) -> int:
        """The column after the text's last one."""
        return self.start + len(self.text)


def place(labels: Iterable[Label], width: int) -> list[Placed]:
    """Place each label as near to its column as possible, left to right; labels that would touch are joined.

    If `width` is too small for all, the rightmost labels are dropped.
    """
    groups: list[list[Label]] = [[label] for label in sorted(labels, key=lambda label: label.column)]
    groups = [group for group in groups if len(group[0].text) <= width]
    placed = [_centred(group, width) for group in groups]
    while touching := next((i for i in range(1, len(placed)) if placed[i].start < placed[i - 1].end + GAP), 0):
        merged = groups[touching - 1] + groups[touching]
        while len(_joined(merged)) > width:
            merged.pop()
        groups[touching - 1 : touching + 1] = [merged]
        placed[touching - 1 : touching + 1] = [_centred(merged, width)]
    return placed


def _joined(group: Sequence[Label]) -> str:
    return " ".join(label.text for label in group)


def _centred(group: Sequence[Label], width: int) -> Placed:
    """Place a group of labels, joined, over the middle of its columns, inside the canvas."""
    text = _joined(group)
    middle = sum(label.column for label in group) / len(group)
    return Placed(max(0, min(round(middle - (len(text) - 1) / 2), width - len(text))), text)


def place_more(labels: Iterable[Label], placed: Sequence[Placed], width: int) -> list[Placed]:
    """Place those less important `labels` that fit exactly over their columns beside the labels in `placed`."""
    more: list[Placed] = []
    for label in labels:
        one = _centred([label], width)
        taken = (*placed, *more)
        if all(one.end + GAP <= other.start or other.end + GAP <= one.start for other in taken):
            more.append(one)
    return more


def place_on_line(texts: Iterable[str], busy: Collection[int], width: int) -> Placed | None:
    """Place the first of `texts` that fits on a row between its `busy` columns, as far left as possible."""
    for text in texts:
        room = len(text) + 2
        for start in range(0, width - room + 1):
            if not any(column in busy for column in range(start, start + room)):
                return Placed(start, f" {text} ")
    return None
