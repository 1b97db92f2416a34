"""Places the labels of a plot so that they never overlap."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

GAP = 2
"""Blank cells between two labels."""


class Label(NamedTuple):
    """A text in several wordings, longest first, that belongs to a column."""

    column: int
    texts: tuple[str, ...]


class Placed(NamedTuple):
    """A text placed from column `start` on."""

    start: int
    text: str

    @property
    def end(self) -> int:
        """The column after the text's last one."""
        return self.start + len(self.text)


def place_all(needed: Sequence[Label], spared: Sequence[Label], width: int, margin: int = 0) -> Mapping[Label, Placed]:
    """Place labels on one line, each touching its column, in the longest wordings that fit.

    The line has `width` cells and, left of the first column, a margin that labels may reach into.

    Both lists are in order of importance. If not all of `needed` fit even in their shortest wordings, the last are
    dropped; of `spared` those are placed for which the others leave room.
    """
    placed: Mapping[Label, Placed]
    for length in range(max((len(label.texts) for label in needed), default=0)):
        placed = _line_up({label: label.texts[min(length, len(label.texts) - 1)] for label in needed}, width, margin)
        if placed:
            break
    else:
        placed = _place_some({}, {label: label.texts[-1:] for label in needed}, width, margin)
    return _place_some(placed, {label: label.texts for label in spared}, width, margin)


def _place_some(
    placed: Mapping[Label, Placed], more: Mapping[Label, Sequence[str]], width: int, margin: int
) -> Mapping[Label, Placed]:
    """Place one label of `more` after the other beside those placed, each in its longest wording that fits, if any."""
    for label, texts in more.items():
        before = {other: one.text for other, one in placed.items()}
        tries = (_line_up(before | {label: text}, width, margin) for text in texts)
        placed = next(filter(None, tries), placed)
    return placed


def _line_up(wordings: Mapping[Label, str], width: int, margin: int) -> dict[Label, Placed]:
    """Place every label in its wording, as near to its column's middle as the others let it; empty if one cannot be.

    From left to right each goes as far left as it may, then from right to left as near to its middle as there is room.
    """
    labels = sorted(wordings, key=lambda label: label.column)
    starts: list[int] = []
    free = -margin
    for label in labels:
        length = len(wordings[label])
        start = max(free, label.column - length)
        if start > label.column + 1 or start + length > width:
            return {}
        starts.append(start)
        free = start + length + GAP
    placed, free = {}, width + GAP
    for label, start in zip(reversed(labels), reversed(starts), strict=True):
        length = len(wordings[label])
        middle = round(label.column - (length - 1) / 2)
        placed[label] = Placed(max(start, min(middle, free - GAP - length)), wordings[label])
        free = placed[label].start
    return placed


def place_centred(labels: Iterable[Label], width: int) -> dict[Label, Placed]:
    """Place each label, in its first wording, over its column in a line, if it fits beside those before it."""
    placed: dict[Label, Placed] = {}
    for label in labels:
        text = label.texts[0]
        start = round(label.column - (len(text) - 1) / 2)
        one = Placed(max(0, min(start, width - len(text))), text)
        if one.end <= width and not any(_collide(one, other) for other in placed.values()):
            placed[label] = one
    return placed


def _collide(one: Placed, other: Placed) -> bool:
    return one.start < other.end + GAP and other.start < one.end + GAP


def place_right(texts: Iterable[str], busy: Collection[int], width: int, blanks: int = 1) -> Placed | None:
    """Place the first of `texts` that fits between the `busy` columns of a row, as far right as it can be.

    So many `blanks` are on both sides of it, except at the row's end.
    """
    edges = [-1, *sorted(busy), width]
    for text in texts:
        for left, right in reversed(list(pairwise(edges))):
            end = right - (blanks if right < width else 0)
            if end - (left + 1 + blanks) >= len(text):
                return Placed(end - len(text), text)
    return None
