"""The ranks that the cumulative plot shows: all of them, a part by zoom and pan, or those of the post's figure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from tui.widgets.plots.axes import RankAxis, rank_axis
from tui.widgets.plots.cut_lines import CutLine, Threshold
from tui.widgets.plots.plot import Move

FACTOR = 0.5
"""What a zoom leaves of the axis."""
STEP = 0.25
"""Which part of the axis a pan goes on by."""
FEWEST = 8
"""The fewest ranks that a zoom leaves in sight."""


@dataclass(frozen=True)
class RankRange:
    """Ranks from `low` to `high` (0: the last), and the scale of their axis."""

    scale: Literal["log", "linear"] = "log"
    low: int = 1
    high: int = 0
    post: bool = False
    """True for the post's figure, which has a y axis and lines of its own."""

    def ends(self, last: int) -> tuple[int, int]:
        """The first and the last rank in sight, of `last` ranks."""
        low = min(self.low, last)
        return low, min(self.high or last, last)

    def axis(self, columns: int, last: int) -> RankAxis:
        """The axis of these ranks."""
        low, high = self.ends(last)
        return rank_axis(columns, high, low, self.scale)

    def moved(self, move: Move, kept: int, last: int) -> RankRange:
        """Zoomed around rank `kept`, if that is in sight, else around the first in sight; panned; or all ranks."""
        if move == "whole":
            return replace(self, low=1, high=0, post=False)
        low, high = self.ends(last)
        start, end = self._place(low), self._place(high)
        if move in ("left", "right"):
            by = (end - start) * (STEP if move == "right" else -STEP)
            by = min(max(by, self._place(1) - start), self._place(last) - end)
            return self._between(start + by, end + by, last)
        middle = self._place(kept) if low < kept < high else start
        factor = FACTOR if move == "in" else 1 / FACTOR
        return self._between(middle - (middle - start) * factor, middle + (end - middle) * factor, last)

    def _place(self, rank: float) -> float:
        return math.log(rank) if self.scale == "log" else float(rank)

    def _between(self, start: float, end: float, last: int) -> RankRange:
        """The ranks between two places on the axis, moved into it; those in sight already, if they were too few."""
        first, final = self._place(1), self._place(last)
        start, end = start - max(0.0, end - final), end + max(0.0, first - start)
        rank = math.exp if self.scale == "log" else float
        low, high = round(rank(max(start, first))), round(rank(min(end, final)))
        if high - low < min(FEWEST, last) - 1:
            return self
        return replace(self, low=low, high=0 if high == last else high)


ALL = RankRange()
POST = RankRange("linear", 1, 10_000, post=True)
"""The ranks of the post's figure."""
POST_FLOOR, POST_TOP, POST_STEPS = 0.75, 1.01, (0.05, 0.25)
"""Its y axis, and the steps between ticks that it may have."""
POST_CUT = CutLine(2_000, ("the post's k 2,000", "post's k 2,000", "k 2,000"))
POST_THRESHOLD = Threshold(0.95, ("the post's p 0.95", "post's 0.95"))
