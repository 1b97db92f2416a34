"""The data of each plot, reduced to as many points as the screen can show: one function for each plot id."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from tui.core.candidates import Plotted
from tui.errors import InputError
from tui.protocol import PlotRequest


class Ranked(NamedTuple):
    """Cumulative probabilities in rank order, [n] float64 for n ranked tokens."""

    raw_cumulative: Tensor
    cumulative: Tensor
    """Of the tempered distribution; its lower bound where only a head is known."""


def plotted(request: PlotRequest | None, ranked: Ranked) -> Plotted | None:
    """The data of the requested plot; None if none was requested. InputError for an unknown plot id."""
    if request is None:
        return None
    if request.id not in PLOTS:
        raise InputError(f"There is no plot {request.id!r}.", f"Known: {', '.join(PLOTS)}.")
    return Plotted(request.id, {name: _bytes(values) for name, values in PLOTS[request.id](request, ranked).items()})


def cumulative(request: PlotRequest, ranked: Ranked) -> Mapping[str, Tensor]:
    """The raw and tempered cumulative curves at about `width` ranks, evenly spaced on `scale`, both ends included."""
    last = len(ranked.cumulative)
    low = min(max(1, request.low), last)
    high = last if request.high <= 0 else min(max(low, request.high), last)
    width = max(2, request.width)
    if request.scale == "log":
        ranks = torch.logspace(math.log10(low), math.log10(high), width, dtype=torch.float64).round().long()
    else:
        ranks = torch.linspace(low, high, width, dtype=torch.float64).round().long()
    ranks = torch.unique(ranks.clamp(low, high)).to(ranked.cumulative.device)
    return {"ranks": ranks, "raw": ranked.raw_cumulative[ranks - 1], "tempered": ranked.cumulative[ranks - 1]}


PLOTS: Mapping[str, Callable[[PlotRequest, Ranked], Mapping[str, Tensor]]] = {"cumulative": cumulative}


def _bytes(values: Tensor) -> bytes:
    """Values as little-endian float32, which holds every rank up to 2^24 exactly."""
    array = values.to("cpu", torch.float32).numpy()
    return array.astype(array.dtype.newbyteorder("<")).tobytes()
