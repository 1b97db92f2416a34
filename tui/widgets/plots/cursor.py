"""The cursor of a plot: where it stops, and what is read there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, Self, runtime_checkable

from textual.content import Content
from textual.geometry import Size

from tui.core.candidates import Span
from tui.core.labels import stage_label
from tui.protocol import Candidate, Viewed
from tui.widgets.candidate_columns import MISSING, token_name
from tui.widgets.goes_on import cut_name
from tui.widgets.numbers import between, percent

CURSOR, ON_CURVE = "┃", "╋"
"""The cursor's line, and its cell on a curve."""
CURSOR_KEYS = f"""\
`{{` and `}}`, or `ctrl+←` and `ctrl+→`, move a cursor (`{CURSOR}`) along the plot, column by column; its numbers stand
in the border. `⏎` shows its candidate in the list, `esc` and `home` take the cursor away."""
"""The part of a plot's help that is about its cursor. The arrows alone go back and forward in the text."""
_BOUNDS_WIDTH = 11
"""Cells that the bounds of a number may take."""


@runtime_checkable
class Pointing(Protocol):
    """A plot with a cursor, which is a part of its value."""

    @property
    def points(self) -> bool:
        """True while there is a cursor."""

    def point(self, by: int, viewed: Viewed, size: Size) -> Self:
        """The plot with its cursor so many stops to the right, or to the left; with 0 without a cursor."""

    def rank(self, viewed: Viewed) -> int:
        """The rank of the candidate under the cursor; 0 if there is none on this step."""

    def reading(self, viewed: Viewed, candidate: Candidate | None, width: int) -> Content:
        """What is read under the cursor, in `width` cells; `candidate` is that of `rank`, None until it comes."""


def stops(ranks: Iterable[float], first: Iterable[int], column: Callable[[float], int]) -> list[int]:
    """One rank for each column that has any: the first of `first` that lies in it, else the first of `ranks`."""
    chosen: dict[int, int] = {}
    for rank in (*first, *ranks):
        chosen.setdefault(column(rank), int(rank))
    return sorted(chosen.values())


def next_stop(stops: Sequence[int], at: int, by: int) -> int:
    """The stop after `at`, or before it where `by` is negative; the last or the first one, if there is none."""
    if by > 0:
        return next((stop for stop in stops if stop > at), stops[-1])
    return next((stop for stop in reversed(stops) if stop < at), stops[0])


def name(candidate: Candidate | None, longest: int = 24) -> Content:
    """The token under the cursor, `…` until it is known."""
    return Content(MISSING if candidate is None else cut_name(token_name(candidate), longest))


def fate(candidate: Candidate | None, by: str) -> Content:
    """That the cuts keep a candidate, or which of them removes it, in the words `removed by` or fewer."""
    if candidate is None:
        return Content(MISSING)
    if candidate.removed_by:
        return Content.styled(f"{by} {stage_label(candidate.removed_by)}".strip(), "$removed")
    return Content("not decided") if math.isnan(candidate.final) else Content.styled("kept", "$live")


def share(value: float, span: Span | None = None) -> str:
    """A probability in percent; its bounds, if it is not known."""
    if not math.isnan(value):
        return f"{percent(value)} %"
    return f"{between(span.low, span.high, _BOUNDS_WIDTH)} %" if span is not None else "? %"
