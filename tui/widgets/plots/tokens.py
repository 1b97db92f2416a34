"""The axis of a plot along the text: which tokens are in sight, and in which columns they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tui.widgets.plots.axes import ACROSS, Tick, even_counts, round_step
from tui.widgets.plots.plot import Move

FEWEST = 8
"""The fewest tokens that a zoom leaves in sight."""
_SHORTEST = 10
"""Tokens for which the axis of a shorter text has room."""
_PARTS = 5
"""The axis of a whole text ends on a multiple of a round number that is at least this part of the text's length."""
_APART = 12
"""Columns between two labels, at least."""
_WIDE = 3
"""Columns of a token from which a blank column stands between two bars."""


class TokenAxis(NamedTuple):
    """Consecutive tokens over a canvas's columns; each has the same width, which may be less than a column."""

    first: int
    """Index of the first token, from 0."""
    length: int
    """How many tokens."""
    columns: int

    def dot(self, index: int) -> float:
        """The middle of a token in dots."""
        return ACROSS * self.columns * (index + 0.5 - self.first) / self.length - 0.5

    def column(self, index: int) -> int:
        """The column of a token's middle."""
        return int(self.columns * (index + 0.5 - self.first) // self.length)

    def indices(self, column: int) -> range:
        """The tokens whose bar stands in a column: all whose middle lies there, or the one that is wider than it."""
        if self.length > self.columns:
            start, end = (
                -(-(2 * at * self.length - self.columns) // (2 * self.columns)) for at in (column, column + 1)
            )
            return range(self.first + start, self.first + end)
        here, after = ((2 * at + 1) * self.length // (2 * self.columns) for at in (column, column + 1))
        blank = here != after and self.columns >= _WIDE * self.length
        return range(self.first + here, self.first + here + (not blank))

    def ticks(self) -> list[Tick]:
        """Round token numbers, counted from 1."""
        numbers = even_counts(self.first + 1, self.first + self.length, max(1, self.columns // _APART))
        return [Tick(self.column(number - 1), f"{number:,}") for number in (numbers or [self.first + 1])]


@dataclass(frozen=True)
class TokenRange:
    """The tokens in sight: all whose numbers are known, or `count` of them from `first` on."""

    first: int = 0
    count: int = 0
    """0: all."""
    cursor: int = 0
    """Where the cursor was when a person chose this part; it is left when the cursor moves out of it."""

    def axis(self, tokens: range, selected: int, cursor: int, columns: int) -> TokenAxis:
        """The axis of a text with known `tokens`; token `selected` is in sight, unless the cursor has not moved."""
        if not self.count:
            return TokenAxis(tokens.start, _roomy(len(tokens)), columns)
        first = self.first
        if cursor != self.cursor and selected not in range(first, first + self.count):
            first = selected - self.count // 2
        return TokenAxis(_inside(first, self.count, tokens), self.count, columns)

    def moved(self, move: Move, tokens: range, selected: int, cursor: int) -> TokenRange:
        """Zoomed around token `selected` if it is in sight, else around the middle; panned; or all."""
        if move == "whole":
            return ALL
        axis = self.axis(tokens, selected, cursor, 1)
        first, count = axis.first, min(axis.length, len(tokens))
        if move in ("left", "right"):
            first += max(1, count // 4) * (1 if move == "right" else -1)
        else:
            wanted = max(FEWEST, (count + 1) // 2) if move == "in" else count * 2
            middle = selected if first <= selected < first + count else first + count // 2
            first, count = middle - (middle - first) * wanted // count, wanted
        return ALL if count >= len(tokens) else TokenRange(_inside(first, count, tokens), count, cursor)


ALL = TokenRange()


def _inside(first: int, count: int, tokens: range) -> int:
    """The first token of a part of `tokens`, moved into them."""
    return max(tokens.start, min(first, tokens.stop - count))


def _roomy(count: int) -> int:
    """The length of an axis for this many tokens: it stays the same while a few more are drawn."""
    step = round(round_step(max(1.0, count / _PARTS)))
    return max(_SHORTEST, -(-count // step) * step)


def highest(values: Sequence[float], indices: range) -> float | None:
    """The highest known value of some tokens; None if none is known."""
    return max((values[at] for at in indices if 0 <= at < len(values) and values[at] == values[at]), default=None)
