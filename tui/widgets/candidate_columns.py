"""The candidate list's columns: which fit, how wide each is, and the text of a candidate's cells."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from tui.core.labels import stage_label
from tui.core.tokens import printable_token
from tui.protocol import Candidate
from tui.widgets.numbers import Unit, aligned, between, logarithm, percent, score

BYTES_FROM = 120
"""List width in cells from which there is a bytes column; in a narrower list the detail line shows the bytes."""
DROPPED_FIRST = ("bytes", "id", "tempered", "bar", "cumulative", "raw")
"""Columns dropped, in this order, as the list gets narrower; rank, marks, token, final and count always stay."""

ORDER = ("rank", "marks", "token", "id", "bytes", "raw", "tempered", "final", "count", "cumulative", "bar")
MISSING = "…"
UNRANKED = "–"
WOULD_DRAW = "▸"
GOES_ON = "•"
SPECIAL = "§"

_PERCENT = (3, 4)
_LOGARITHM = (4, 3)
_NUMBER_WIDTH = 8
"""Cells of a number, in any unit: what stands before the point, the point, what stands behind it."""
_NUMBERS = ("raw", "tempered", "final", "cumulative")
_HEADINGS = {"rank": "#", "marks": "", "count": "drawn", "bar": "tempered"}
_SIGNS: dict[Unit, str] = {"percent": "%", "logprob": "ln", "logit": "ln"}
_MINIMUM = {"token": 14, "bar": 9, "bytes": 18}
_SPARE = (("bar", 13), ("token", 24), ("bytes", 27), ("bar", 41))
"""(column, width): the columns that spare cells widen, in this order, each up to this width."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"


class Column(NamedTuple):
    """One column: its name, and its width in cells, including the blank between it and its neighbour."""

    name: str
    width: int


@lru_cache(maxsize=64)
def columns(width: int, vocabulary: int, last_rank: int, draws: int) -> tuple[Column, ...]:
    """The columns of a list, left to right; their widths add up to `width` cells.

    The rank column is as wide as `last_rank`, the last rank on screen, needs.
    """
    widths = {
        "rank": max(3, len(str(last_rank))) + 1,
        "marks": 3,
        "token": _MINIMUM["token"],
        "id": len(str(max(0, vocabulary - 1))) + 1,
        "bytes": _MINIMUM["bytes"],
        **dict.fromkeys(_NUMBERS, 1 + _NUMBER_WIDTH),
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
    """Share out the spare cells by `_SPARE`; the rest goes to the bar, or to the token if there is no bar."""
    spare = width - sum(widths.values())
    for name, limit in _SPARE:
        if name in widths and spare > 0:
            more = max(0, min(spare, limit - widths[name]))
            widths[name] += more
            spare -= more
    last = "bar" if "bar" in widths else "token"
    widths[last] = max(1, widths[last] + spare)


def fit(text: str, width: int) -> str:
    """`text` padded or cut with `…` to exactly `width` cells; a wide character is never halved."""
    if cell_len(text) > width > 0:
        return set_cell_size(set_cell_size(text, width - 1).rstrip() + MISSING, width)
    return set_cell_size(text, width)


def heading(unit: Unit, column: Column) -> str:
    """A column's heading, exactly as wide as the column; the columns of numbers say their unit."""
    name, width = column
    text = _number_heading(unit, name) if name in _NUMBERS else _HEADINGS.get(name, name)
    if name == "rank":
        return f"{text} ".rjust(width)
    if name in ("id", "count"):
        return text.rjust(width)
    if name in _NUMBERS:
        return fit("  "[: width - len(text)] + text, width)
    return fit(" " * (name in ("bytes", "bar")) + text, width)


def _number_heading(unit: Unit, name: str) -> str:
    """`raw %`; as narrow as the numbers below it, so `temp.`, and `cum. ln` beside `cumul. %`."""
    if name == "raw" and unit == "logit":
        return "logit"
    short = {"tempered": "temp.", "cumulative": "cumul." if unit == "percent" else "cum."}
    return f"{short.get(name, name)} {_SIGNS[unit]}"


def token_name(candidate: Candidate) -> str:
    """A candidate's token as it is written in the list."""
    return printable_token(candidate.piece, candidate.token, candidate.special)


def marked_name(candidate: Candidate) -> str:
    """A candidate's text in the token column: its name, after `§` if it is special."""
    return (SPECIAL if candidate.special else "") + token_name(candidate)


def cell(candidate: Candidate, column: Column, unit: Unit, scale: float) -> str:
    """A candidate's text in a column, exactly as wide as the column; `scale` is the longest bar's probability."""
    name, width = column
    if name == "rank":
        return f"{candidate.rank or UNRANKED} ".rjust(width)
    if name == "token":
        return fit(marked_name(candidate), width)
    if name == "id":
        return str(candidate.token).rjust(width)
    if name == "bytes":
        return fit(" " + candidate.piece.hex(" "), width)
    if name == "count":
        return f"{candidate.count:,}".rjust(width)
    if name == "bar":
        return " " + bar(least_tempered(candidate) / scale if scale > 0 else 0.0, width - 1)
    return fit(" " + _number(candidate, name, unit), width)


def _number(candidate: Candidate, name: str, unit: Unit) -> str:
    """A probability or logit in `unit`; for a removed token `final` is the name of the stage that removed it."""
    if name == "final" and candidate.removed_by:
        label = stage_label(candidate.removed_by)
        return fit(" " * (len(label) < _NUMBER_WIDTH) + label, _NUMBER_WIDTH)
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
    return aligned(percent(value), *_PERCENT) if unit == "percent" else aligned(logarithm(value), *_LOGARITHM)


def least_tempered(candidate: Candidate) -> float:
    """The tempered probability, or its lower bound where only the head of the distribution is known."""
    return (
        candidate.tempered if not math.isnan(candidate.tempered) else candidate.spans[0].low if candidate.spans else 0.0
    )


def _unknown(candidate: Candidate, name: str, unit: Unit) -> str:
    """The bounds of a number that the head of the distribution does not determine, or `?`."""
    names = ("tempered", "final", "cumulative")
    if candidate.spans is None or name not in names:
        return "   ?"
    span = candidate.spans[names.index(name)]
    text = between(span.low, span.high, _NUMBER_WIDTH - 1) if unit == "percent" else f"≤{logarithm(span.high)}"
    # A single bound is aligned with the other numbers; a pair of bounds needs the whole column.
    return aligned(text, *(_PERCENT if unit == "percent" else _LOGARITHM)) if text[0] in "≤≥?" else text


def bar(share: float, width: int) -> str:
    """A bar of `share` × `width` cells in eighth blocks."""
    eighths = round(max(0.0, min(share, 1.0)) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)
