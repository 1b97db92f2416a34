"""The real engine's sampling in plain Python without torch, for the scripted engine's few tokens.

The stages come in any order, but always by transformers' rules for equal tokens.
"""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from tui.core.order import stage_order
from tui.core.settings import Settings, order_in_force
from tui.core.stages import PARAMETERS
from tui.errors import RunError
from tui.protocol import Compared, Cut, Entropy, PlotRequest, Plotted

Keep = Callable[[Sequence[float], float], int]
"""(probabilities, best first and summing to 1; the parameter) → how many are kept."""


def softmax(scores: Sequence[float]) -> list[float]:
    top = max(scores)
    if not math.isfinite(top):
        raise RunError("Scores overflow at this temperature.", "Raise it, or use --greedy for the best token.")
    weights = [math.exp(score - top) for score in scores]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def _top_k(probabilities: Sequence[float], k: float) -> int:
    kept = min(int(k), len(probabilities))
    while kept < len(probabilities) and probabilities[kept] == probabilities[kept - 1]:
        kept += 1
    return kept


def _top_p(probabilities: Sequence[float], p: float) -> int:
    before = kept = 0.0
    for count, probability in enumerate(probabilities):
        if before >= p:
            return count
        before += probability
        kept = count + 1
    return int(kept)


def _at_least(probabilities: Sequence[float], threshold: float) -> int:
    return max(1, sum(probability >= threshold for probability in probabilities))


STAGES: dict[str, Keep] = {
    "top_k": _top_k,
    "top_p": _top_p,
    "min_p": lambda probabilities, value: _at_least(probabilities, value * probabilities[0]),
    "epsilon_cutoff": _at_least,
}


def _tie(probabilities: Sequence[float], kept: int) -> tuple[int, int] | None:
    """(size, kept) of the group of equal tokens that the edge splits."""
    edge = probabilities[kept - 1]
    size = sum(probability == edge for probability in probabilities)
    stay = sum(probability == edge for probability in probabilities[:kept])
    return (size, stay) if stay < size else None


@dataclass(frozen=True)
class Distribution:
    """One distribution under some settings. Lists are in id order, `order` and `left` in rank order."""

    logits: Sequence[float]
    settings: Settings

    @cached_property
    def order(self) -> list[int]:
        """Ids, best first."""
        return sorted(range(len(self.logits)), key=lambda token: (-self.logits[token], token))

    @cached_property
    def ranks(self) -> dict[int, int]:
        return {token: rank for rank, token in enumerate(self.order, 1)}

    @cached_property
    def raw(self) -> list[float]:
        return softmax(self.logits)

    @cached_property
    def tempered(self) -> list[float]:
        temperature = float(self.settings["temperature"].value or 1.0)
        return softmax([logit / temperature if abs(logit / temperature) < 1e30 else math.inf for logit in self.logits])

    @cached_property
    def cumulative(self) -> list[float]:
        """By rank, of what top-p sees."""
        return _running(self._seen_by("top_p"))

    def _seen_by(self, stage: str) -> list[float]:
        """By rank, the probabilities that a stage sees but for what others removed: it may come before temperature."""
        names = stage_order(order_in_force(self.settings))
        seen = self.tempered if names.index("temperature") < names.index(stage) else self.raw
        return [seen[token] for token in self.order]

    @cached_property
    def cuts(self) -> list[Cut]:
        left, cuts, summed = len(self.order), [], self._seen_by("top_p")
        for stage in (name for name in stage_order(order_in_force(self.settings)) if name in STAGES):
            ranked, keep = self._seen_by(stage), STAGES[stage]
            value = self.settings[stage].value
            if value is None or PARAMETERS[stage].is_off(value):
                continue
            rest = math.fsum(ranked[:left])
            now = [probability / rest for probability in ranked[:left]]
            left = keep(now, float(value))
            cuts.append(Cut(stage, keep(ranked, float(value)), left, math.fsum(summed[:left]), _tie(now, left)))
        return cuts

    @property
    def kept(self) -> int:
        return self.cuts[-1].left if self.cuts else len(self.logits)

    @property
    def kept_mass(self) -> float:
        """The tempered probability of the kept tokens; 1 where nothing cuts."""
        return math.fsum(self.tempered[token] for token in self.order[: self.kept]) if self.cuts else 1.0

    @property
    def greedy(self) -> bool:
        return self.settings["do_sample"].value is False

    @cached_property
    def final(self) -> list[float]:
        final = [0.0] * len(self.logits)
        kept = self.order[:1] if self.greedy else self.order[: self.kept]
        mass = math.fsum(self.tempered[token] for token in kept)
        for token in kept:
            final[token] = self.tempered[token] / mass
        return final

    def removed_by(self, token: int) -> str:
        """The first stage that removes this token, '' if none does."""
        return next((cut.stage for cut in self.cuts if self.ranks[token] > cut.left), "")

    @property
    def entropy(self) -> Entropy:
        return Entropy(*(_bits(each) for each in (self.raw, self.tempered, self.final)))

    def draw(self, seed: int, index: int) -> int:
        """The token of draw `index` of this seed: argmax of final divided by exponential noise."""
        noise = random.Random(f"{seed}:{index}")
        arrivals = [noise.expovariate(1.0) for _ in self.final]
        return max(range(len(arrivals)), key=lambda token: self.final[token] / arrivals[token])

    def draw_many(self, count: int, seed: int, index: int) -> dict[int, int]:
        """How often each token comes up in `count` draws."""
        drawn = random.Random(f"{seed}:{index}:many").choices(range(len(self.final)), self.final, k=count)
        return {token: drawn.count(token) for token in set(drawn)}

    def plotted(self, axis: PlotRequest, last: int | None = None) -> Plotted:
        """The data of the plot with this id."""
        found = PLOTS[axis.id](self, axis, len(self.order) if last is None else last)
        return Plotted(axis.id, {name: _little(values) for name, values in found.items()})

    def histogram(self, axis: PlotRequest, last: int) -> dict[str, Sequence[float]]:
        """How many kept and removed candidates lie in each bin of probability, from 1e-10 to 1; the first is below."""
        counts = {"kept": [0] * (axis.width + 1), "removed": [0] * (axis.width + 1)}
        edges = [10 ** (-10 + 10 * edge / axis.width) for edge in range(axis.width + 1)]
        for token in self.order[:last]:
            at = sum(edge <= self.tempered[token] for edge in edges)
            counts["kept" if self.final[token] else "removed"][min(at, axis.width)] += 1
        return {"edges": edges, **counts}

    def cumulative_plot(self, axis: PlotRequest, last: int) -> dict[str, Sequence[float]]:
        """Both cumulative curves at no more ranks than fit."""
        ranks, raw = _ranks(axis, last), _running(self.raw[token] for token in self.order)
        tempered = [self.cumulative[rank - 1] for rank in ranks]
        return {"ranks": ranks, "raw": [raw[rank - 1] for rank in ranks], "tempered": tempered}

    def temperature_plot(self, axis: PlotRequest, last: int) -> dict[str, Sequence[float]]:
        """The probabilities at some ranks under three temperatures and under the settings' own."""
        ranks = _ranks(axis, last)
        under = {"half": 0.5, "one": 1.0, "two": 2.0}
        rows = {name: softmax([logit / value for logit in self.logits]) for name, value in under.items()}
        if last < len(self.order):  # a head, whose unseen tail is shared out nobody knows how
            rows = {name: [math.nan] * len(self.order) for name in under}
        rows["now"] = self.tempered
        return {"ranks": ranks, **{name: [row[self.order[r - 1]] for r in ranks] for name, row in rows.items()}}

    def stages_plot(self, axis: PlotRequest, last: int) -> dict[str, Sequence[float]]:
        """Candidates before and after, share removed and entropy after each stage, by its name; at first the model's.

        Of a head (`last`) it is certain what a cut leaves inside of it, and that the temperature removes nothing.
        """
        seen, left, heats = self.raw, len(self.order), self.settings["temperature"].value not in (None, 1.0)
        whole, lefts = last == left, {} if self.greedy else {cut.stage: cut.left for cut in self.cuts}
        found = {"logits": [left, left, 0.0, _bits(self.raw) if whole else math.nan]}
        for stage in stage_order(order_in_force(self.settings)):
            if stage in lefts:
                shares = [seen[token] for token in self.order[:left]]
                after, removed = lefts[stage], math.fsum(shares[lefts[stage] :]) / math.fsum(shares)
            elif stage == "temperature" and heats and not self.greedy:
                seen, after, removed = self.tempered, left, 0.0
            else:
                continue
            rest = [seen[token] for token in self.order[:after]]
            bits = _bits([share / math.fsum(rest) for share in rest])
            certain = whole or after < last
            kept = [after, removed] if certain or after == left else [math.nan, math.nan]
            found[stage] = [left, *kept, bits if certain else math.nan]
            left = after
        if self.greedy:
            found["greedy"] = [left, 1, 1 - self.raw[self.order[0]], 0.0]
        return found


def compared(here: Distribution, there: Distribution) -> Compared:
    """How the final probabilities of `here` differ from those of `there`."""
    pairs = list(zip(here.final, there.final, strict=True))
    both, either = sum(p > 0 and q > 0 for p, q in pairs), sum(p > 0 or q > 0 for p, q in pairs)
    only_here = sum(p > 0 and q == 0 for p, q in pairs)
    bits = math.inf if only_here else math.fsum(p * math.log2(p / q) for p, q in pairs if p > 0)
    return Compared(both / either, max(0.0, bits), only_here)


PLOTS = {
    "cumulative": Distribution.cumulative_plot,
    "histogram": Distribution.histogram,
    "temperatures": Distribution.temperature_plot,
    "stages": Distribution.stages_plot,
}
"""By id, as the real engine has them."""


def _ranks(axis: PlotRequest, last: int) -> list[int]:
    """At most as many ranks as the plot is wide, even on its axis."""
    high = last if axis.high <= 0 else min(axis.high, last)
    low, points = max(1, min(axis.low, high)), max(2, axis.width)
    shares = [point / (points - 1) for point in range(points)]
    if axis.scale == "log":
        return sorted({round(low * (high / low) ** share) for share in shares})
    return sorted({round(low + (high - low) * share) for share in shares})


def _running(values) -> list[float]:
    total, sums = 0.0, []
    for value in values:
        total += value
        sums.append(total)
    return sums


def _bits(probabilities: Sequence[float]) -> float:
    return -math.fsum(p * math.log2(p) for p in probabilities if p > 0)


def _little(values: Sequence[float]) -> bytes:
    import sys

    packed = array("f", values)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()
