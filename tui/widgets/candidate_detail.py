"""The line below the list: what the highlighted candidate's own line has no room for."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.cells import cell_len

from tui.core.labels import is_greedy
from tui.core.order import ORDER, TRANSFORMERS
from tui.core.stages import STAGES, TOP_K, TOP_P
from tui.protocol import Candidate, Viewed
from tui.widgets.candidate_columns import Column, fit, marked_name

_NAMES = tuple(STAGES)
_AFTER_TOP_P = _NAMES[_NAMES.index(TOP_P.name) + 1 :]


def detail(candidate: Candidate | None, viewed: Viewed, shown: Sequence[Column]) -> str:
    """` id 28000 · 3.4 bits · needs top-p > 0.33 · bytes 20 75 6e`, as wide as the columns `shown`.

    The id and the bytes only where they have no column, the token only where its column cuts it.
    """
    width = sum(column.width for column in shown)
    if candidate is None:
        return " " * width
    widths = {column.name: column.width for column in shown}
    name = marked_name(candidate)
    parts = [
        name if cell_len(name) > widths.get("token", 0) else "",
        "" if "id" in widths else f"id {candidate.token}",
        f"{surprisal(candidate.raw):.1f} bits" if candidate.raw > 0 else "",
        _need(candidate, viewed),
        "" if "bytes" in widths else f"bytes {candidate.piece.hex(' ') or 'none'}",
    ]
    return fit(" " + " · ".join(filter(None, parts)), width)


def surprisal(raw: float) -> float:
    """The bits that a token of this raw probability (above 0) tells."""
    return max(0.0, -math.log2(raw))


def least_top_p(candidate: Candidate, viewed: Viewed) -> float | None:
    """The top-p above which the candidate stays: the share of the better ones in what the stages before top-p left.

    None where top-p does not decide it: under an earlier cut, in another order, without drawing, or where a number is
    not known.
    """
    if (order := viewed.settings.get(ORDER)) is not None and order.value != TRANSFORMERS:
        return None
    earlier = [cut for cut in viewed.cuts if cut.stage not in (TOP_P.name, *_AFTER_TOP_P)]
    mass = earlier[-1].mass if earlier else 1.0
    removed = candidate.removed_by in {cut.stage for cut in earlier}
    own_stages = any(cut.stage not in STAGES for cut in viewed.cuts)  # of the model: they may cut inside the ranking
    better = candidate.cumulative - candidate.tempered
    if removed or own_stages or is_greedy(viewed.settings) or not better >= 0 or not mass > 0:
        return None
    return better / mass


def _need(candidate: Candidate, viewed: Viewed) -> str:
    """`needs top-k 73`, or `needs top-p > 0.33`, rounded up: enough to keep it; '' where another stage decides."""
    if candidate.removed_by == TOP_K.name:
        return f"needs top-k {candidate.rank:,}"
    top_p = least_top_p(candidate, viewed)
    if top_p is None:
        return ""
    if top_p < 1e-9:
        return "stays at any top-p"
    enough = next((up for up in (math.ceil(top_p * 10**n) / 10**n for n in (2, 3, 6)) if up < 1), None)
    return f"needs top-p > {enough:g}" if enough is not None else "stays only with top-p off"
