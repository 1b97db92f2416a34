"""Maps lines of the candidate list to ranks and to the cut lines between them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from tui.widgets.cuts import CutMark


class Lines:
    """Ranks 1 … `ranked` on lines from 0 on, with one line per cut right below the last rank that the cut leaves.

    With `tail`, one more line stands for all unranked tokens, as if it were a rank.
    """

    def __init__(self, ranked: int, cuts: Iterable[CutMark] = (), tail: bool = False) -> None:
        self.ranked = ranked
        self.last = ranked + tail
        """The last rank; with a tail, the tail line's pseudo-rank."""
        self.cuts = sorted((cut for cut in cuts if cut.prefix), key=lambda cut: min(cut.left, self.last))
        self._lefts = [min(cut.left, self.last) for cut in self.cuts]
        self._cut_lines = [left + index for index, left in enumerate(self._lefts)]

    def __len__(self) -> int:
        return self.last + len(self.cuts)

    def line_of(self, rank: int) -> int:
        """The line of a rank from 1 to `last`, counted from 0."""
        return rank - 1 + bisect_left(self._lefts, rank)

    def at(self, line: int) -> int | CutMark:
        """The rank or the cut on a line from 0 to `len(self) − 1`."""
        cuts_above = bisect_left(self._cut_lines, line)
        if cuts_above < len(self.cuts) and self._cut_lines[cuts_above] == line:
            return self.cuts[cuts_above]
        return line - cuts_above + 1

    def ranks(self, line: int, count: int) -> range:
        """The ranks on the `count` lines from `line` on; empty if there are only cut lines."""
        end = min(line + count, len(self))
        first = next((at for at in map(self.at, range(line, end)) if isinstance(at, int)), None)
        last = next((at for at in map(self.at, range(end - 1, line - 1, -1)) if isinstance(at, int)), None)
        return range(first, last + 1) if first is not None and last is not None else range(0)
