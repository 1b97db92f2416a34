"""The status line's numbers as short texts: about the next token, and about the token drawn last."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text

from tui.core.story import How, Node
from tui.core.tokens import printable_token
from tui.protocol import Span, Tail, Viewed
from tui.widgets.numbers import percent

DOT, COMMA, BLANK = " · ", ", ", " "
NOTHING_DRAWN = "nothing drawn yet"
_LONGEST_TOKEN = 16


class Part(NamedTuple):
    """A label and a value, which stand together or not at all."""

    name: str
    label: str
    value: str
    after: str = DOT
    """What parts it from the part before it."""


def width(parts: Sequence[Part]) -> int:
    """Width of the joined parts in cells."""
    text = "".join(part.after + part.label + part.value for part in parts)
    return cell_len(text) - len(parts[0].after) if parts else 0


def fitting(
    parts: Sequence[Part], room: int, dropped_first: Sequence[str], measure: Callable[[Sequence[Part]], int] = width
) -> list[Part]:
    """The parts that fit into `room` cells, in their order; parts are dropped in the order of `dropped_first`."""
    kept = list(parts)
    for name in dropped_first:
        if measure(kept) <= room:
            break
        kept = [part for part in kept if part.name != name]
    return kept


def perplexity(nodes: Iterable[Node]) -> float | None:
    """Perplexity of the generated tokens under the raw distribution; None if there are none."""
    bits = [node.surprisal for node in nodes if node.how is not How.PROMPT and math.isfinite(node.surprisal)]
    return 2.0 ** min(sum(bits) / len(bits), 1000.0) if bits else None


def next_parts(viewed: Viewed | None) -> list[Part]:
    """The distribution of the next token: its entropy, and how much of it the cuts keep. Empty without a view."""
    if viewed is None:
        return []
    if viewed.tail is not None:
        return _head_parts(viewed.tail, viewed.vocabulary)
    raw, final = bits(viewed.entropy.raw), bits(viewed.entropy.final)
    return [
        Part("entropy", "entropy ", f"{raw} → {final} bits"),
        Part("kept", "kept ", f"{viewed.kept:,}"),
        Part("of", "of ", f"{viewed.vocabulary:,}", BLANK),
        Part("mass", "", f"({share(viewed.kept_mass if viewed.kept < viewed.vocabulary else 1.0)} %)", BLANK),
        Part("choices", "like ", f"{figure(2.0**viewed.entropy.final)} equal choices"),
    ]


def _head_parts(tail: Tail, vocabulary: int) -> list[Part]:
    """The same where only the head is known: exact where the head determines a number, else its bounds."""
    raw, _, final = tail.entropy
    fewest, most = tail.kept
    kept = f"{fewest:,}" if fewest == most else f"{fewest:,}–{most:,}"
    return [
        Part("entropy", "entropy ", f"{_bounds(raw)} → {_bounds(final)} bits"),
        Part("kept", "kept ", kept),
        Part("of", "of ", f"{vocabulary:,}", BLANK),
        Part("mass", "", f"({_shares(tail.kept_mass)} %)", BLANK),
        Part("unseen", "unseen ", f"{tail.count:,} ({percent(tail.mass)} %)"),
    ]


def places_left(parts: Iterable[Part], vocabulary: int) -> int:
    """How many cells longer these parts about the next token could be with the longest numbers of a vocabulary."""
    widest = {"kept": f"{vocabulary:,}", "mass": "(99.99 %)", "choices": f"{figure(float(vocabulary))} equal choices"}
    return sum(len(widest[part.name]) - len(part.value) for part in parts if part.name in widest)


def last_parts(node: Node | None, perplexity: float | None) -> list[Part]:
    """The token before the cursor, and how surprising the generated text is up to it; empty without a token."""
    if node is None:
        return []
    parts = []
    if math.isfinite(node.surprisal):
        parts += [Part("token", "", _name(node)), Part("surprisal", "", f"{node.surprisal:.1f} bits", BLANK)]
        parts += [Part("rank", "rank ", f"{node.rank:,}", COMMA)] if node.rank else []
    if perplexity is not None:
        parts.append(Part("perplexity", "text perplexity ", figure(perplexity)))
    return parts or [Part("nothing", NOTHING_DRAWN, "")]


def _name(node: Node) -> str:
    text = Text(printable_token(node.piece, node.token, node.special))
    text.truncate(_LONGEST_TOKEN, overflow="ellipsis")
    return text.plain


def figure(value: float) -> str:
    """A number with one decimal below 100, with none above, and in powers of ten from a million."""
    if value >= 999_999.5:
        mantissa, exponent = f"{value:.0e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{value:,.1f}" if value < 99.95 else f"{value:,.0f}"


def bits(value: float) -> str:
    """Bits in four cells: `4.46`, `12.3`."""
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}"


def _bounds(span: Span) -> str:
    """Bits as text: two decimals if exact; else both bounds with one decimal, or two if one would make them equal."""
    if span.exact:
        return bits(span.value)
    places = 1 if f"{span.low:.1f}" != f"{span.high:.1f}" else 2
    return f"{span.low:.{places}f}–{span.high:.{places}f}"


def _shares(span: Span) -> str:
    return share(span.value) if span.exact else f"{share(span.low)}–{share(span.high)}"


def share(mass: float) -> str:
    """A mass in percent with one decimal: `86.0`; less than all is never `100`, more than nothing never `0.0`."""
    value = 100 * mass
    if value >= 100 or 0.1 <= value < 99.95:
        return "100" if value >= 100 else f"{value:.1f}"
    if value <= 0:
        return "0"
    return percent(mass, 2) if value < 0.1 else f"{min(99.99, math.floor(100 * value) / 100):.2f}"
