"""The straight lines of the cumulative plot: what each cut leaves, what it would leave alone, top-p's threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from tui.core.stages import TOP_K, TOP_P
from tui.protocol import Viewed
from tui.widgets.cuts import CutMark, cut_marks
from tui.widgets.numbers import percent

REMOVED = "removed"


class CutLine(NamedTuple):
    """A vertical line at a rank, and its label's wordings, longest first."""

    rank: int
    texts: tuple[str, ...]


def removing(marks: Sequence[CutMark]) -> list[CutMark]:
    """The decided cuts that remove the end of the ranking that reaches them, the one that decides first."""
    cuts = [mark for mark in marks if mark.prefix and not mark.between and 0 < mark.left < mark.before]
    return cuts[::-1]


def removed_texts(viewed: Viewed) -> list[str]:
    """`removed: 40.0 % by top-k 50, 5.40 % by top-p 0.90` in ever fewer words; `removed` where no two cuts do.

    The percentages are of the probability that the cumulative curve sums.
    """
    pairs = zip(cut_marks(viewed, viewed.candidates), viewed.cuts, strict=True)
    removers = [(mark, mark.mass_before - cut.mass) for mark, cut in pairs if mark.left < mark.before]
    if len(removers) < 2 or any(mark.between or math.isnan(mass) for mark, mass in removers):
        return [REMOVED]
    shares = [(mark, f"{percent(max(0.0, mass))} %") for mark, mass in removers]
    (first, most), *others = shares
    return [
        f"{REMOVED}: " + ", ".join(f"{share} by {_with_value(mark)} ({mark.left:,} left)" for mark, share in shares),
        f"{REMOVED}: " + ", ".join(f"{share} by {_with_value(mark)}" for mark, share in shares),
        f"{REMOVED}: " + ", ".join(f"{share} by {mark.stage}" for mark, share in shares),
        ", ".join([f"{first.symbol} {REMOVED} {most}", *(f"{mark.symbol} {share}" for mark, share in others)]),
        " ".join(f"{mark.symbol} −{share}" for mark, share in shares),
    ]


def _with_value(mark: CutMark) -> str:
    return f"{mark.stage} {mark.value}".strip()


def lines_left(marks: Sequence[CutMark]) -> list[CutLine]:
    """A line for each cut that removes anything, at the last rank it leaves; the one that decides first."""
    return [CutLine(mark.left, _left_texts(mark)) for mark in removing(marks)]


def lines_alone(marks: Sequence[CutMark], vocabulary: int) -> list[CutLine]:
    """A line for each cut that would leave another number if it were the only one."""
    known = [mark for mark in marks if mark.prefix and not mark.between and 0 < mark.alone < vocabulary]
    return [CutLine(mark.alone, _alone_texts(mark)) for mark in known if mark.alone != mark.left]


def _left_texts(mark: CutMark) -> tuple[str, ...]:
    if mark.record is TOP_K and mark.values == (mark.left,):  # the value is the count
        return f"{mark.stage} {mark.value}", f"{mark.symbol} {mark.value}"
    stage, left = _with_value(mark), f"{mark.left:,}"
    return f"{left} left by {stage}", f"{left} by {stage}", f"{left} by {mark.stage}", f"{left} by {mark.symbol}"


def _alone_texts(mark: CutMark) -> tuple[str, ...]:
    count = f"alone {mark.alone:,}"
    return f"{mark.stage} {count}", f"{mark.symbol} {count}", count


class Threshold(NamedTuple):
    """Top-p's threshold as a cumulative probability, and its label's wordings, longest first."""

    value: float
    """p times the probability that the stages before top-p left."""
    texts: tuple[str, ...]


def threshold(marks: Sequence[CutMark]) -> Threshold | None:
    """The threshold of top-p; None without top-p, or where its number is not known."""
    found = (mark for mark in marks if mark.record is TOP_P and mark.prefix and mark.values)
    nucleus = next((mark for mark in found if not math.isnan(mark.mass_before)), None)
    if nucleus is None:
        return None
    value = min(1.0, nucleus.values[0] * nucleus.mass_before)
    mass, name = f"{nucleus.mass_before:.2f}", f"{nucleus.symbol} {nucleus.value}"
    if mass == "1.00" or not nucleus.after:
        return Threshold(value, (name,))
    product = f"{nucleus.value} × {mass}"
    words = f"{name} of the {mass} that {nucleus.after} left: {value:.2f}"
    return Threshold(value, (words, f"{nucleus.symbol} {product} = {value:.2f}", product, name))
