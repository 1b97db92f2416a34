"""What a lesson's numbers are, read from the workbench, and written as the lesson writes them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

from tests.ui.conftest import Bed
from tui.core.story import How
from tui.explorer.branches import tips
from tui.widgets.figures import perplexity

PERCENT = 100


def _cut(stage: str, part: str) -> Callable[[Bed], float]:
    return lambda bed: getattr(next(cut for cut in bed.viewed.cuts if cut.stage == stage), part)


def _before_cursor(bed: Bed) -> list:
    nodes = list(bed.branch)
    return nodes[: next(at for at, node in enumerate(nodes, 1) if node.id == bed.state.cursor)]


def _text(bed: Bed) -> str:
    pieces = b"".join(node.piece for node in _before_cursor(bed) if node.how is not How.PROMPT)
    return pieces.decode("utf-8", "replace")


def _raw(bed: Bed) -> list[float]:
    """All raw probabilities, which the list holds once it was asked for everything."""
    return [candidate.raw for candidate in bed.everything]


MEASURES: Mapping[str, Callable[[Bed], float]] = {
    "vocabulary": lambda bed: bed.viewed.vocabulary,
    "kept": lambda bed: bed.viewed.kept,
    "kept_mass": lambda bed: bed.viewed.kept_mass,
    "entropy_raw": lambda bed: bed.viewed.entropy.raw,
    "entropy": lambda bed: bed.viewed.entropy.final,
    "best_raw": lambda bed: PERCENT * bed.viewed.candidates[0].raw,
    "best": lambda bed: PERCENT * bed.viewed.candidates[0].tempered,
    "would_rank": lambda bed: bed.viewed.would.rank,
    "top_k_left": _cut("top_k", "left"),
    "top_k_mass": _cut("top_k", "mass"),
    "top_p_left": _cut("top_p", "left"),
    "top_p_alone": _cut("top_p", "alone"),
    "new_tokens": lambda bed: len(bed.drawn()),
    "perplexity": lambda bed: perplexity(_before_cursor(bed)),
    "branches": lambda bed: len(tips(bed.story)),
    "above_one_percent": lambda bed: sum(raw > 0.01 for raw in _raw(bed)),
    "mass_above_one_percent": lambda bed: PERCENT * math.fsum(raw for raw in _raw(bed) if raw > 0.01),
    "median": lambda bed: sorted(_raw(bed))[len(_raw(bed)) // 2],
}


def measured(bed: Bed, name: str, written: str) -> str:
    """The measure `name`, with as many digits as `written` has."""
    if name == "contains":
        return written if written in _text(bed) else _text(bed)
    if name == "best_token":
        return bed.viewed.candidates[0].piece.decode()
    value = MEASURES[name](bed)
    if "e-" in written:
        return re.sub(r"e-0*", "e-", f"{value:.{len(written.partition('e')[0]) - 2}e}")
    return f"{value:,.{len(written.partition('.')[2])}f}"
