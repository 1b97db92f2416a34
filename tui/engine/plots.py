"""The data of each plot, reduced to as many points as the screen can show: one function for each plot id."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from tui.core.candidates import Plotted
from tui.engine.decide import Distribution
from tui.engine.stage_effects import stage_effects
from tui.errors import InputError
from tui.protocol import PlotRequest
from tui.sampling.stages import Stage

TEMPERATURES: Mapping[str, float] = {"half": 0.5, "one": 1.0, "two": 2.0}
"""The temperatures that are compared, by the name of their series."""
POST_SEED = 42
"""The post's figure of temperatures has another seed each time it is drawn; here it has that of the post's runs."""


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
    def raw(self) -> Tensor:
        """[n] float64, the raw probabilities."""
        return self.dist.raw[0, self.tokens].double()

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
    series = {name: _bytes(values) for name, values in PLOTS[request.id](request, ranked).items()}
    return Plotted(request.id, series, request.post)


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
    if request.post:
        return _post_temperatures(request, ranked.dist.chain.temperature)
    ranks = _ranks(request, len(ranked.tokens)).to(ranked.tempered.device)
    tokens = ranked.tokens[ranks - 1]
    scores = ranked.dist.scored.base[0].double()
    curves = {name: torch.softmax(scores / value, dim=-1)[tokens] for name, value in TEMPERATURES.items()}
    return {"ranks": ranks, **curves, "now": ranked.tempered[ranks - 1]}


def _post_temperatures(request: PlotRequest, stage: Stage | None) -> Mapping[str, Tensor]:
    """The same on the post's random logits, with the temperature of `stage`."""
    logits, values = post_logits(), {**TEMPERATURES, "now": 1.0 if stage is None else stage.value}
    ranks = _ranks(request, len(logits))
    return {
        "ranks": ranks,
        **{name: torch.softmax(logits / value, dim=-1)[ranks - 1] for name, value in values.items()},
    }


@cache
def post_logits() -> Tensor:
    """[1000] float64, the random logits of the post's figure of temperatures, best first."""
    logits = np.exp(np.random.RandomState(POST_SEED).random(1000))
    return torch.from_numpy(np.sort(logits)[::-1].copy())


def histogram(request: PlotRequest, ranked: Ranked) -> Mapping[str, Tensor]:
    """How many kept and removed candidates lie between two edges of tempered probability, and the best one's rank.

    The edges are `np.logspace(*powers, width + 1)`, and 0 before them; the last numbers are of what lies above all. As
    in np.histogram a candidate on an edge is in the bin that begins there, on the last one in the last bin. An
    undecided candidate counts as kept. In the post's own view the probabilities are raw.
    """
    shares, bins = ranked.raw if request.post else ranked.tempered, max(1, request.width)
    edges = torch.from_numpy(np.logspace(*request.powers, bins + 1)).to(shares.device)
    where = torch.bucketize(shares, edges, right=True)  # 0: below all
    where[shares == edges[-1]] = bins
    removed = ranked.final == 0
    kept, gone = (torch.bincount(where[mask], minlength=bins + 2) for mask in (~removed, removed))
    ranks = torch.arange(1, len(where) + 1, device=where.device)
    best = torch.zeros_like(kept).scatter_reduce(0, where, ranks, "amin", include_self=False)
    return {"edges": torch.cat([edges.new_zeros(1), edges]), "kept": kept, "removed": gone, "best": best}


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
