"""The plot's curves: cumulative probability by rank, thinned to what a picture can show."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tui.core.candidates import Curves
from tui.protocol import Axis


def curves(axis: Axis, raw: Tensor, tempered: Tensor) -> Curves:
    """Both cumulative curves [n] at about `axis.width` ranks, even on the axis's scale, both ends included."""
    last = len(raw)
    low = min(max(1, axis.low), last)
    high = last if axis.high <= 0 else min(max(low, axis.high), last)
    width = max(2, axis.width)
    if axis.scale == "log":
        ranks = torch.logspace(math.log10(low), math.log10(high), width, dtype=torch.float64).round().long()
    else:
        ranks = torch.linspace(low, high, width, dtype=torch.float64).round().long()
    ranks = torch.unique(ranks.clamp(low, high)).to(tempered.device)
    return Curves(
        _bytes(ranks, torch.int32), _bytes(raw[ranks - 1], torch.float32), _bytes(tempered[ranks - 1], torch.float32)
    )


def _bytes(values: Tensor, dtype: torch.dtype) -> bytes:
    array = values.to("cpu", dtype).numpy()
    return array.astype(array.dtype.newbyteorder("<")).tobytes()
