"""Words beside lines in a plot, placed so that they never run into each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

GAP = 2
"""Blank cells between two labels."""


class Label(NamedTuple):
    """Words that belong over a column."""

    column: int
    text: str


class Placed(NamedTuple):
    """Words from a column on."""

    start: int
    text: str

    @property
    def end(self) -> int:
        """The column after the last one."""
        return self.start + len(self.text)


def place(labels: Iterable[Label], width: int) -> list[Placed]:
    """Every label over its column as nearly as can be, left to right; those that would touch stand side by side.

    Where `width` is too little for all, the rightmost go.
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
    """A group over the middle of its columns, inside the canvas."""
    text = _joined(group)
    middle = sum(label.column for label in group) / len(group)
    return Placed(max(0, min(round(middle - (len(text) - 1) / 2), width - len(text))), text)


def place_more(labels: Iterable[Label], placed: Sequence[Placed], width: int) -> list[Placed]:
    """Those of lesser `labels` for which the placed ones leave room right over their columns."""
    more: list[Placed] = []
    for label in labels:
        one = _centred([label], width)
        taken = (*placed, *more)
        if all(one.end + GAP <= other.start or other.end + GAP <= one.start for other in taken):
            more.append(one)
    return more


def place_on_line(texts: Iterable[str], busy: Collection[int], width: int) -> Placed | None:
    """The longest of `texts` that fits on a row between its `busy` columns, as far left as can be."""
    for text in texts:
        room = len(text) + 2
        for start in range(0, width - room + 1):
            if not any(column in busy for column in range(start, start + room)):
                return Placed(start, f" {text} ")
    return None
