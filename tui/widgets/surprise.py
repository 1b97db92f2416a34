"""Surprisal as one of seven steps of colour, and the scale that says which is which."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from textual.content import Content
from textual.style import Style

SURPRISAL_EDGES = (0.5, 1.0, 2.0, 4.0, 6.0, 9.0)
"""Bits at which each of the seven colour steps but the first begins."""
STEPS = range(len(SURPRISAL_EDGES) + 1)
_SWATCH = "■"


def surprisal_step(bits: float) -> int:
    """The colour step 0–6 of a surprisal in bits; 0 if it is unknown (NaN)."""
    return bisect_right(SURPRISAL_EDGES, bits) if bits == bits else 0


def scale(style: Callable[[int], Style], width: int) -> Content:
    """`surprise ■0 ■0.5 ■1 ■2 ■4 ■6 ■9+ bits`, each step in its own style; shorter, or empty, for want of room.

    The number beside a swatch is where its step begins.
    """
    edges = ["0", *(f"{edge:g}" for edge in SURPRISAL_EDGES)]
    edges[-1] += "+"
    swatches = Content(" ").join(
        [Content.styled(_SWATCH + edge, style(step)) for step, edge in zip(STEPS, edges, strict=True)]
    )
    colours = Content("").join([Content.styled(_SWATCH, style(step)) for step in STEPS])
    wordings = (
        Content.assemble("surprise ", swatches, " bits"),
        Content.assemble("0 ", colours, f" {edges[-1]} bits"),
    )
    return next((wording for wording in wordings if wording.cell_length <= width), Content(""))
