"""The data of each plot, reduced to as many points as the screen can show: one function for each plot id."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from tui.core.candidates import Plotted
from tui.engine.decide import Distribution
from tui.engine.stage_effects import stage_effects
from tui.errors import InputError
from tui.protocol import PlotRequest

TEMPERATURES: Mapping[str, float] = {"half": 0.5, "one": 1.0, "two": 2.0}
"""The temperatures that are compared, by the name of their series."""
LEAST_POWER = -10
"""The histogram begins at 10 to this power."""


class Ranked(NamedTuple):
    """A distribution with its n ranked tokens in rank order."""

    dist: Distribution
    tokens: Tensor
    """[n] ids, best first."""
    raw_cumulative: Tensor
    """[n] float64, the cumulative raw probability by rank."""
    cumulative: Tensor
    """[n] float64, the cumulative sums of `Distribution.summed` by rank; lower bounds where only a head is known."""
    tempered: Tensor
    """[n] float64, the tempered probabilities; their lower bounds where only a head is known."""

    @property
    def final(self) -> Tensor:
        """[n] the final probabilities: 0 for a removed token, NaN where a head does not decide it."""
        return self.dist.final[0, self.tokens]


def plotted(request: PlotRequest | None, ranked: Ranked) -> Plotted | None:
    """The data of the requested plot; None if none was requested. InputError for an unknown plot id."""
    if request is None:
        return None
    if request.id not in PLOTS:
        raise InputError(f"There is no plot {request.id!r}.", f"Known: {', '.join(PLOTS)}.")
    return Plotted(request.id, {name: _bytes(values) for name, values in PLOTS[request.id](request, ranked).items()})


def cumulative(request: PlotRequest, ranked: Ranked) -> Mapping[str, Tensor]:
    """Two cumulative curves at about `width` ranks, evenly spaced on `scale`, both ends included.

    One is raw. The other, named tempered, is the list's cumulative probability, in which top-p cuts: where top-p stands
    before the temperature, it is not tempered.
    """
    ranks = _ranks(request, len(ranked.cumulative)).to(ranked.cumulative.device)
    return {"ranks": ranks, "raw": ranked.raw_cumulative[ranks - 1], "tempered": ranked.cumulative[ranks - 1]}


def _ranks(request: PlotRequest, last: int) -> Tensor:
    """About `width` ranks of `last`, evenly spaced on `scale`, both ends included."""
    low = min(max(1, request.low), last)
    high = last if request.high <= 0 else min(max(low, request.high), last)
    width = max(2, request.width)
    if request.scale == "log":
        ranks = torch.logspace(math.log10(low), math.log10(high), width, dtype=torch.float64).round().long()
    else:
        ranks = torch.linspace(low, high, width, dtype=torch.float64).round().long()
    unique: Tensor = torch.unique(ranks.clamp(low, high))
    return unique


def temperatures(request: PlotRequest, ranked: Ranked) -> Mapping[str, Tensor]:
    """The probability at some ranks under each of `TEMPERATURES`, after the penalties, and under the settings' own.

    Of a head only the last is known, or its lower bound: how the others share out the unseen tail is not decided.
    """
    ranks = _ranks(request, len(ranked.tokens)).to(ranked.tempered.device)
    tokens = ranked.tokens[ranks - 1]
    scores = ranked.dist.scored.base[0].double()
    curves = {name: torch.softmax(scores / value, dim=-1)[tokens] for name, value in TEMPERATURES.items()}
    return {"ranks": ranks, **curves, "now": ranked.tempered[ranks - 1]}


def histogram(request: PlotRequest, ranked: Ranked) -> Mapping[str, Tensor]:
    """How many kept and removed candidates there are in each of `request.width` bins of tempered probability.

    The first count is that of the candidates below all bins; an undecided candidate counts as kept.
    """
    bins = max(1, request.width)
    edges = torch.logspace(LEAST_POWER, 0, bins + 1, dtype=torch.float64, device=ranked.cumulative.device)
    where = torch.bucketize(ranked.tempered, edges, right=True).clamp(max=bins)  # 0: below; 1 is in the last bin
    removed = ranked.final == 0
    kept, gone = (torch.bincount(where[mask], minlength=bins + 1) for mask in (~removed, removed))
    return {"edges": edges, "kept": kept, "removed": gone}


def stages(request: PlotRequest, ranked: Ranked) -> Mapping[str, Tensor]:
    """Four numbers for each stage, by its name, in the order of the chain: see `StageEffect`."""
    return {stage: torch.tensor(numbers, dtype=torch.float64) for stage, *numbers in stage_effects(ranked.dist)}


PLOTS: Mapping[str, Callable[[PlotRequest, Ranked], Mapping[str, Tensor]]] = {
    "cumulative": cumulative,
    "histogram": histogram,
    "temperatures": temperatures,
    "stages": stages,
}


def _bytes(values: Tensor) -> bytes:
    """Values as little-endian float32, which holds every rank up to 2^24 exactly."""
    array = values.to("cpu", torch.float32).numpy()
    return array.astype(array.dtype.newbyteorder("<")).tobytes()
