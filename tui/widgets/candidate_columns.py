"""The candidate list's columns: which fit, how wide each is, and what a candidate puts in each."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from tui.core.printable import printable_bytes
from tui.protocol import Candidate
from tui.widgets.cuts import stage_label
from tui.widgets.numbers import Unit, aligned, between, logarithm, percent, score

BYTES_FROM = 100
"""Cells from which bytes have a column of their own; the highlighted one's always stand at the bottom."""
DROPPED_FIRST = ("bytes", "id", "tempered", "bar", "cumulative", "raw")
"""What goes, in this order, as the list gets narrower; rank, marks, token, final and counts stay."""

ORDER = ("rank", "marks", "token", "id", "bytes", "raw", "tempered", "final", "count", "cumulative", "bar")
MISSING = "…"
UNRANKED = "–"
WOULD_DRAW = "▸"
GOES_ON = "•"
JUST_DRAWN = "●"
SPECIAL = "§"

_NUMBER = (3, 4)
_CUMULATIVE = (3, 3)
_LOGARITHM = (4, 3)
_CUMULATIVE_LOGARITHM = (4, 2)
_NUMBER_WIDTH = 8
_CUMULATIVE_WIDTH = 7
_MINIMUM = {"token": 10, "bar": 7, "bytes": 18}
_SPARE = (("token", 16), ("bar", 13), ("token", 24), ("bytes", 27), ("bar", 41))
"""Who grows, in turn, up to what width, as there is room."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"


class Column(NamedTuple):
    """One column: its name, and its width in cells, the gap before it included."""

    name: str
    width: int


@lru_cache(maxsize=64)
def columns(width: int, vocabulary: int, last_rank: int, draws: int) -> tuple[Column, ...]:
    """The columns of a list `width` cells wide, left to right, filling it exactly.

    The rank's width follows `last_rank`, the last one in sight, so that the top of the list wastes nothing.
    """
    widths = {
        "rank": max(3, len(str(last_rank))) + 1,
        "marks": 2,
        "token": _MINIMUM["token"],
        "id": len(str(max(0, vocabulary - 1))) + 1,
        "bytes": _MINIMUM["bytes"],
        "raw": _NUMBER_WIDTH,
        "tempered": _NUMBER_WIDTH,
        "final": _NUMBER_WIDTH,
        "cumulative": _CUMULATIVE_WIDTH,
        "bar": _MINIMUM["bar"],
    }
    if draws:
        widths["count"] = max(5, len(f"{draws:,}")) + 1
    if width < BYTES_FROM:
        del widths["bytes"]
    for name in DROPPED_FIRST:
        if sum(widths.values()) > width:
            widths.pop(name, None)
    _fill(widths, width)
    return tuple(Column(name, widths[name]) for name in ORDER if widths.get(name, 0) > 0)


def _fill(widths: dict[str, int], width: int) -> None:
    """Share out what is over; what nobody takes goes to the bar, or to the token where there is none."""
    spare = width - sum(widths.values())
    for name, limit in _SPARE:
        if name in widths and spare > 0:
            more = max(0, min(spare, limit - widths[name]))
            widths[name] += more
            spare -= more
    last = "bar" if "bar" in widths else "token"
    widths[last] = max(1, widths[last] + spare)


def fit(text: str, width: int) -> str:
    """`text` in exactly `width` cells, cut with `…`; a wide character is never halved."""
    if cell_len(text) > width > 0:
        return set_cell_size(set_cell_size(text, width - 1).rstrip() + MISSING, width)
    return set_cell_size(text, width)


def heading(unit: Unit, column: Column, first_number: str) -> str:
    """A column's heading; the unit stands once, at the first column that has it."""
    sign = {"percent": "%", "logprob": "ln", "logit": "ln"}[unit]
    name = {"rank": "#", "marks": "", "count": "drawn", "cumulative": "cumul.", "bar": ""}.get(column.name, column.name)
    if column.name == first_number:
        name = f"temp. {sign}" if name == "tempered" else f"{name} {sign}"
    if column.name == "raw" and unit == "logit":
        name = "logit"
    if column.name in ("rank", "raw", "final"):
        return (name.rjust(column.width - 1)).ljust(column.width)
    if column.name in ("id", "tempered", "count", "cumulative"):
        return name.rjust(column.width)
    return fit((" " if column.name == "bytes" else "") + name, column.width)


def first_number(unit: Unit, shown: tuple[Column, ...]) -> str:
    """The column that carries the unit: the first number, or the first after the logit."""
    numbers = ("raw", "tempered", "final") if unit != "logit" else ("tempered", "final")
    names = {column.name for column in shown}
    return next((name for name in numbers if name in names), "")


def cell(candidate: Candidate, column: Column, unit: Unit, scale: float) -> str:
    """What a candidate puts into a column, in exactly the column's width; `scale` is the longest bar's probability."""
    name, width = column
    if name == "rank":
        return f"{candidate.rank or UNRANKED} ".rjust(width)
    if name == "token":
        return fit((SPECIAL if candidate.special else "") + printable_bytes(candidate.piece), width)
    if name == "id":
        return str(candidate.token).rjust(width)
    if name == "bytes":
        return fit(" " + candidate.piece.hex(" "), width)
    if name == "count":
        return f"{candidate.count:,}".rjust(width)
    if name == "bar":
        return " " + bar(at_least(candidate) / scale if scale > 0 else 0.0, width - 1)
    return fit(_number(candidate, name, unit), width)


def _number(candidate: Candidate, name: str, unit: Unit) -> str:
    """A probability in the unit asked for; `final` of a removed token names the stage that removed it."""
    if name == "final" and candidate.removed_by:
        label = stage_label(candidate.removed_by)
        return ("  " if len(label) < _NUMBER_WIDTH - 2 else " ") + fit(label, min(len(label), _NUMBER_WIDTH - 1))
    if name == "raw" and unit == "logit":
        return aligned("?" if math.isnan(candidate.logit) else score(candidate.logit), *_LOGARITHM)
    value = {
        "raw": candidate.raw,
        "tempered": candidate.tempered,
        "final": candidate.final,
        "cumulative": candidate.cumulative,
    }[name]
    if math.isnan(value):
        return _unknown(candidate, name, unit)
    if unit != "percent":
        return aligned(logarithm(value), *(_CUMULATIVE_LOGARITHM if name == "cumulative" else _LOGARITHM))
    field = _CUMULATIVE if name == "cumulative" else _NUMBER
    return aligned(percent(value, field[1]), *field)


def at_least(candidate: Candidate) -> float:
    """The tempered probability, or the least it may be."""
    return (
        candidate.tempered if not math.isnan(candidate.tempered) else candidate.spans[0].low if candidate.spans else 0.0
    )


def _unknown(candidate: Candidate, name: str, unit: Unit) -> str:
    """Between which ends a number lies that a head does not decide."""
    names = ("tempered", "final", "cumulative")
    if candidate.spans is None or name not in names:
        return "   ?"
    span, field = candidate.spans[names.index(name)], _CUMULATIVE if name == "cumulative" else _NUMBER
    text = between(span.low, span.high, sum(field)) if unit == "percent" else f"≤{logarithm(span.high)}"
    # A number with one end stands in line with the others, one with two needs the room.
    return aligned(text, *field) if text[0] in "≤≥?" else " " + text


def bar(share: float, width: int) -> str:
    """A bar of `share` × `width` cells in eighth blocks."""
    eighths = round(max(0.0, min(share, 1.0)) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)


def would_draw_note(candidate: Candidate) -> str:
    """What a step would draw: `▸ n draws ·unicorns, rank 3`."""
    token = Text(printable_bytes(candidate.piece))
    token.truncate(24, overflow="ellipsis")
    return f"{WOULD_DRAW} n draws {token.plain}, rank {candidate.rank:,}"
