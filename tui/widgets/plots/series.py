"""Decodes the series of a plot reply."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence

from tui.protocol import Plotted


def series(plotted: Plotted, name: str) -> Sequence[float]:
    """Decode one series by name; it is sent as little-endian float32."""
    values: array[float] = array("f", plotted.series[name])
    if sys.byteorder == "big":
        values.byteswap()
    return values
