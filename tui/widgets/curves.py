"""Reads the arrays of a view's curves."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence

from tui.protocol import Curves


def _decode(typecode: str, data: bytes) -> array[float]:
    values: array[float] = array(typecode, data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def ranks(curves: Curves) -> Sequence[int]:
    """The ranks of the points, from 1."""
    return [int(rank) for rank in _decode("i", curves.ranks)]


def raw(curves: Curves) -> Sequence[float]:
    """Cumulative probability at each point, before temperature."""
    return _decode("f", curves.raw)


def tempered(curves: Curves) -> Sequence[float]:
    """Cumulative probability at each point, after temperature."""
    return _decode("f", curves.tempered)
