"""The numbers that describe one distribution, and the text before it, as labelled values of a steady width."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from tui.core.story import How, Node
from tui.protocol import Span, Tail, Viewed
from tui.widgets.numbers import percent

UNKNOWN = "–"


class Part(NamedTuple):
    """One labelled value in the line."""

    name: str
    label: str
    value: str

    @property
    def width(self) -> int:
        """Width in cells, including the separator."""
        return len(self.label) + len(self.value) + 4


def perplexity(nodes: Iterable[Node]) -> float | None:
    """Perplexity of the generated tokens under the raw distribution; None if there are none."""
    bits = [node.surprisal for node in nodes if node.how is not How.PROMPT and math.isfinite(node.surprisal)]
    return 2.0 ** min(sum(bits) / len(bits), 1000.0) if bits else None


def distribution_parts(viewed: Viewed | None) -> list[Part]:
    """Entropy, effective number of candidates, kept set and its mass; the unseen tail where only a head is known."""
    if viewed is not None and viewed.tail is not None:
        return _head_parts(viewed.tail)
    raw, final = ("–", "–") if viewed is None else (f"{viewed.entropy.raw:.2f}", f"{viewed.entropy.final:.2f}")
    kept = UNKNOWN if viewed is None else f"{viewed.kept:,}"
    size = len(f"{viewed.vocabulary:,}") if viewed else len(kept)
    effective = None if viewed is None else 2.0**viewed.entropy.final
    mass = UNKNOWN if viewed is None else _mass(viewed.kept_mass)
    return [
        Part("entropy", "entropy ", f"{raw:>5} → {final:>5} bits"),
        Part("effective", "≈ ", f"{figure(effective, 7)} candidates"),
        Part("kept", "kept ", f"{kept:>{size}}"),
        Part("mass", "mass ", f"{mass:>6}"),
    ]


def _head_parts(tail: Tail) -> list[Part]:
    """The same where only the head is known: exact where the head determines a number, else its bounds."""
    raw, _, final = tail.entropy
    fewest, most = tail.kept
    kept = f"{fewest:,}" if fewest == most else f"{fewest:,}–{most:,}"
    return [
        Part("entropy", "entropy ", f"{_bits(raw)} → {_bits(final)} bits"),
        Part("kept", "kept ", kept),
        Part("mass", "mass ", _masses(tail.kept_mass)),
        Part("unseen", "unseen ", f"{tail.count:,} · {percent(tail.mass)} %"),
    ]


def text_parts(node: Node | None, perplexity: float | None) -> list[Part]:
    """Surprisal of the token before the cursor, and perplexity of the generated text up to it."""
    return [
        Part("surprisal", "surprisal ", figure(node.surprisal if node else None, 4)),
        Part("perplexity", "ppl ", figure(perplexity, 6)),
    ]


def figure(value: float | None, width: int) -> str:
    """A number right-aligned in `width` cells: one decimal below 100, none above; `–` for None."""
    if value is None or not math.isfinite(value):
        return f"{UNKNOWN:>{width}}"
    text = f"{value:,.1f}" if value < 99.95 else f"{value:,.0f}"
    return f"{text if len(text) <= width else f'{value:.0e}':>{width}}"


def _bits(span: Span) -> str:
    """Bits as text: two decimals if exact; else both bounds with one decimal, or two if one would make them equal."""
    if span.exact:
        return f"{span.value:.2f}"
    places = 1 if f"{span.low:.1f}" != f"{span.high:.1f}" else 2
    return f"{span.low:.{places}f}–{span.high:.{places}f}"


def _masses(span: Span) -> str:
    return _mass(span.value) if span.exact else f"{_mass(span.low)}–{_mass(span.high)}"


def _mass(mass: float) -> str:
    """A mass with three decimals; a mass below 1 is never rounded to 1.000."""
    return f"{mass:.3f}" if mass < 0.9995 or mass >= 1 else f"{math.floor(mass * 10_000) / 10_000:.4f}"
