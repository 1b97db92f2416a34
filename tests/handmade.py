"""Views made by hand for the widgets' tests: given logits, with temperature and prefix cuts in plain Python."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from itertools import accumulate

from tui.core.settings import Setting, Settings, Source
from tui.protocol import Candidate, Cut, Plotted, Viewed

PIECES = [b" scientists", b" unicorns", b" discovered", b" herd", b"\n", b" the", b" living", b" valley", b" remote"]


def settings(source: Source = Source.YOU, **values: float) -> Settings:
    return {name: Setting(value, source) for name, value in values.items()}


def zipf(vocabulary: int, power: float = 1.05) -> list[float]:
    """Logits whose softmax falls off as that of natural text."""
    return [-power * math.log(rank + 1.7) for rank in range(vocabulary)]


def softmax(logits: Sequence[float], temperature: float = 1.0) -> list[float]:
    weights = [math.exp((logit - logits[0]) / temperature) for logit in logits]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def piece(token: int) -> bytes:
    return PIECES[token] if token < len(PIECES) else f" token{token}".encode()


def view(
    vocabulary: int = 500,
    *,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
    logits: Sequence[float] | None = None,
    window: tuple[int, int] = (0, 60),
    width: int = 200,
    sources: Settings | None = None,
    pieces: Sequence[bytes] | None = None,
    power: float = 1.05,
    **more: object,
) -> Viewed:
    """A view of logits in rank order (token = rank − 1); further fields of Viewed as keywords."""
    scores = list(logits) if logits is not None else zipf(vocabulary, power)
    raw, tempered = softmax(scores), softmax(scores, temperature)
    sums = list(accumulate(tempered))
    cuts, removed_at = _chain(tempered, sums, top_k, top_p, min_p)
    kept = cuts[-1].left if cuts else len(scores)
    first, count = window
    made = [
        Candidate(
            rank + 1, rank, (pieces[rank] if pieces else piece(rank)), False, scores[rank], raw[rank], tempered[rank],
            tempered[rank] / sums[kept - 1] if rank < kept else 0.0, sums[rank],
            next((stage for stage, left in removed_at if rank >= left), ""),
        )
        for rank in range(first, min(first + count, len(scores)))
    ]  # fmt: skip
    fields: dict[str, object] = {
        "id": 1, "slot": "main", "at": 12, "revision": 13, "vocabulary": len(scores), "cuts": cuts, "kept": kept,
        "kept_mass": sums[kept - 1], "would_draw": 2, "candidates": made, "first": first, "best": tempered[0],
        "settings": settings(temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p) | (sources or {}),
        "plot": _cumulative(list(accumulate(raw)), sums, width),
        "given": {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p},
    }  # fmt: skip
    return Viewed(**(fields | more))


def _chain(tempered, sums, top_k, top_p, min_p):
    """Cuts in transformers' order, and (stage, what it left) for those that removed anything."""
    left, cuts, removers = len(tempered), [], []
    stages = []
    if top_k:
        stages.append(("top_k", lambda left: min(top_k, left)))
    if top_p < 1:
        stages.append(("top_p", lambda left: 1 + sum(total < top_p * sums[left - 1] for total in sums[:left])))
    if min_p:
        stages.append(("min_p", lambda left: sum(value >= min_p * tempered[0] for value in tempered[:left])))
    for stage, keep in stages:
        alone, after = keep(len(tempered)), min(left, keep(left))
        if after < left:
            removers.append((stage, after))
        left = after
        cuts.append(Cut(stage, alone, left, sums[left - 1]))
    return cuts, removers


def _cumulative(raw, tempered, width):
    """Points thinned evenly in log rank."""
    last = len(raw)
    ranks = sorted({round(last ** (i / (width - 1))) for i in range(width)}) if last > 1 else [1]
    found = {
        "ranks": ranks,
        "raw": [raw[rank - 1] for rank in ranks],
        "tempered": [tempered[rank - 1] for rank in ranks],
    }
    return Plotted("cumulative", {name: array("f", values).tobytes() for name, values in found.items()})
