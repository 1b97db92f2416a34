"""What a terminal draws as one: a character with its marks, or several joined characters."""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len

from tui.core.printable import combines, printable, printable_bytes

JOINER = "\u200d"
_VIRAMA = 9
"""The combining class of the sign after which a joiner shapes the letters of Indic scripts."""


def clusters(text: str) -> list[str]:
    """`text` cut where a cell begins. A spacing mark has a cell of its own, and so begins a cluster."""
    found: list[str] = []
    for char in text:
        if found and joins(found[-1], char):
            found[-1] += char
        else:
            found.append(char)
    return found


def joins(cluster: str, char: str) -> bool:
    """True if a character is drawn in the cells of the cluster before it."""
    last, kind = cluster[-1], unicodedata.category(char)
    if last == JOINER:
        return len(cluster) > 1 and kind[0] not in "ZC"
    if char == JOINER:
        return unicodedata.combining(last) == _VIRAMA or unicodedata.category(last) == "So"
    return combines(char) and carries(last)


def carries(char: str) -> bool:
    """True if a mark can be drawn on this character."""
    return unicodedata.category(char)[0] not in "ZC"


def drawn(cluster: str, before: str) -> list[str]:
    """A cluster as it is drawn, as one or several units; `before` is the character before it, '' for none."""
    base = cluster[0]
    on_a_letter = unicodedata.category(base) == "Mc" and before != "" and carries(before)
    if on_a_letter or printable(base, space=" ") == base:
        return [cluster]
    return _whole(clusters(printable_bytes(cluster.encode("utf-8", "surrogateescape"), space=" ")))


def _whole(units: list[str]) -> list[str]:
    """`⟨`, `E`, `2`, `⟩` as one unit: no line breaks inside it."""
    joined: list[str] = []
    inside = False
    for unit in units:
        if inside:
            joined[-1] += unit
        else:
            joined.append(unit)
        inside = unit.startswith("⟨") or (inside and not unit.startswith("⟩"))
    return joined


def width(cluster: str) -> int:
    """How many cells a drawn cluster takes, at least one."""
    return max(1, cell_len(cluster))
