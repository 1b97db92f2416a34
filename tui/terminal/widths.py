"""Counts a spacing mark as one cell, as terminals do."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from rich import cells
from rich._unicode_data import load


def widen_spacing_marks() -> None:
    """Make rich, and with it textual, count a cell for each spacing mark (category Mc), as in Hindi or Tamil.

    tmux, VTE, xterm, the C library and the wcwidth package give it one; rich's table gives it none, and each mark would
    shift the rest of its row.
    """
    table = load()
    widened = table._replace(widths=list(_widened(table.widths)))
    cells.load_cell_table = lambda unicode_version="auto": widened  # type: ignore[attr-defined,assignment]
    cells.get_character_cell_size.cache_clear()
    cells.cached_cell_len.cache_clear()


def _widened(widths: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """A table of (first, last, cells) without the spacing marks; what it does not name is one cell wide."""
    for first, last, width in widths:
        start = first
        for code in range(first, last + 1) if width == 0 else ():
            if unicodedata.category(chr(code)) == "Mc":
                if start < code:
                    yield start, code - 1, width
                start = code + 1
        if start <= last:
            yield start, last, width
