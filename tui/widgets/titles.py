"""Joins the parts of a border's title into what there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

_BETWEEN = " · "


def shortened(parts: Sequence[Sequence[str]], width: int) -> str:
    """The parts joined, the last ones shortened first until all fit; what does not fit even so is cut by the border.

    A part is its wordings, longest first; '' leaves it out.
    """
    shown = [list(part) for part in parts if part]
    for part in reversed(shown):
        while len(part) > 1 and cell_len(_joined(shown)) > width:
            part.pop(0)
    return _joined(shown)


def _joined(parts: Sequence[Sequence[str]]) -> str:
    return _BETWEEN.join(filter(None, (part[0] for part in parts)))
