"""What the cuts leave of a vocabulary of which only a head is known: between so many and so many of the best.

A cut that keeps a prefix of the ranking leaves a number of candidates, and it lies between two. Where both
are the same, and no token of equal score stands on either side, the kept set is decided: from there on the ordinary
stages run on the very scores that the whole vocabulary would give them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tui.core.candidates import Span
from tui.sampling.bounds import Weights, entropy_span
from tui.sampling.metrics import LN2
from tui.sampling.stages import TOP_H_CANDIDATES, Stage

MARGIN = 2e-5
"""A cumulative sum of a whole vocabulary in float32, as top-p takes it, is off by up to so much."""
CLOSE = 1e-5
"""A probability in float32 is off by up to this part of itself."""
FULLEST = 1e-12
"""What rounding may make of a count that is a quotient."""
NO_IDS = torch.empty(1, 0, dtype=torch.long)
"""No cut looks at the text."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """The best so many candidates, of which only two bounds are known."""

    weights: Weights
    fewest: int
    most: int
    ordered: bool = True
    """False if what is left need not be a prefix: then all of it is uncertain."""

    @classmethod
    def whole(cls, weights: Weights) -> Prefix:
        """Nothing is cut."""
        everything = weights.ranked + weights.unseen
        return cls(weights, everything, everything)

    @property
    def decided(self) -> bool:
        """True if the kept set is certain, and all of it was told."""
        return self.ordered and self.fewest == self.most <= self.weights.ranked and self.no_tie_after(self.most)

    @property
    def count(self) -> int | None:
        """How many are left, None if that is not certain."""
        return self.fewest if self.ordered and self.fewest == self.most else None

    def no_tie_after(self, size: int) -> bool:
        """True if the token after the first `size` scores less than the last of them."""
        scores, ranked = self.weights.scores, self.weights.ranked
        after = scores[size].item() if size < ranked else self.weights.cap_score
        return (size == ranked and not self.weights.unseen) or scores[size - 1].item() > after

    @property
    def surely_kept(self) -> int:
        """How many of the best are left for certain: those that score more than the first that may not be.

        Which of equal tokens a cut keeps is told by the whole vocabulary only.
        """
        weights, size = self.weights, min(self.fewest, self.weights.ranked)
        if not self.ordered:
            return 0
        if self.fewest >= weights.ranked + weights.unseen:
            return weights.ranked
        after = weights.scores[size].item() if size < weights.ranked else weights.cap_score
        return int((weights.scores[:size] > after).sum())

    @property
    def possibly_kept(self) -> int:
        """How many of the best may be left; one more than are told if an unseen token may be."""
        weights = self.weights
        if not self.ordered or self.most > weights.ranked:
            return weights.ranked + bool(weights.unseen)
        edge = weights.scores[self.most - 1].item()
        unseen = bool(weights.unseen) and weights.cap_score >= edge
        return weights.ranked + 1 if unseen else int((weights.scores >= edge).sum())

    @property
    def best_is_certain(self) -> bool:
        """True if no unseen token can be as good as the best."""
        return not self.weights.unseen or self.weights.scores[0].item() > self.weights.cap_score

    @property
    def unseen(self) -> int:
        """The most unseen tokens that may be left."""
        return max(0, self.most - self.weights.ranked)

    @property
    def mass(self) -> Span:
        """The weight of what is left, undivided."""
        return Span(self._least_weight(self.fewest), self._most_weight(self.most))

    def _least_weight(self, size: int) -> float:
        """Of the first `size`; the best of the tail have no less than their share of it."""
        known, weights = min(size, self.weights.ranked), self.weights
        low = float(weights.sums[known - 1])
        return low + (weights.tail.low * (size - known) / weights.unseen if size > known else 0.0)

    def _most_weight(self, size: int) -> float:
        known = min(size, self.weights.ranked)
        return float(self.weights.sums[known - 1]) + self.tail_most(size - known)

    def tail_most(self, size: int) -> float:
        """The most weight that so many unseen tokens can have."""
        return min(self.weights.tail.high, size * self.weights.cap)

    @property
    def share(self) -> Span:
        """The tempered probability of what is left: its part of the whole, which is no less uncertain than it."""
        weights, everything = self.weights, self.weights.ranked + self.weights.unseen
        if not self.ordered:
            return Span(0.0, 1.0)
        if self.fewest == everything:
            return Span(1.0, 1.0)
        if self.most <= weights.ranked:
            return Span(
                self._least_weight(self.fewest) / weights.whole.high, self._most_weight(self.most) / weights.whole.low
            )
        beyond, tail = max(0, self.fewest - weights.ranked), weights.tail.high
        low = float(weights.sums[min(self.fewest, weights.ranked) - 1])
        low += tail * beyond / weights.unseen if beyond else 0.0
        return Span(low / weights.whole.high, min(1.0, self._most_weight(self.most) / weights.whole.low))

    @property
    def entropy(self) -> Span:
        """Of what is left, in bits: it rises with every token that a prefix takes in."""
        if not self.ordered:
            return Span(0.0, math.log2(self.most))
        whole = entropy_span(self.weights)
        if self.fewest >= self.weights.ranked + self.weights.unseen:
            return whole
        low = _prefix_entropy(self.weights.values[: self.fewest])
        if self.most <= self.weights.ranked:
            return Span(low, max(low, _prefix_entropy(self.weights.values[: self.most])))
        return Span(low, max(low, min(whole.high, math.log2(self.most))))

    def narrowed(self, fewest: int, most: int) -> Prefix:
        """A prefix of this one whose own size lies between these, never empty."""
        return replace(self, fewest=max(1, min(fewest, self.fewest)), most=max(1, min(most, self.most)))


def _prefix_entropy(values: Tensor) -> float:
    shares = values / values.sum()
    return max(0.0, float(-(shares * shares.log()).nansum()) / LN2)


def cut(stage: Stage, before: Prefix) -> Prefix:
    """What a stage after the temperature leaves of what may be left before it."""
    if before.ordered and stage.name in BOUNDS:
        return BOUNDS[stage.name](before, stage)
    # renormalize_logits changes no order; whatever else the model brought may.
    if stage.name == "renormalize_logits":
        return before
    return replace(before, fewest=1, ordered=before.ordered and stage.record is not None and stage.record.prefix)


def top_k(before: Prefix, stage: Stage) -> Prefix:
    """The k best and all tied with the k-th, of which some may be unseen."""
    weights, k = before.weights, int(stage.value)
    if k > weights.ranked:
        return before.narrowed(k, before.most)
    edge = weights.scores[k - 1].item()
    tied = int((weights.scores >= edge).sum())
    return before.narrowed(tied, tied + _unseen_from(before, weights.values[k - 1].item(), edge))


def _unseen_from(before: Prefix, weight: float, score: float | None = None) -> int:
    """The most unseen tokens that can have this weight each."""
    weights = before.weights
    if not weights.unseen or (weights.cap < weight if score is None else weights.cap_score < score):
        return 0
    return min(before.unseen, math.floor(weights.tail.high / weight * (1 + CLOSE))) if weight > 0 else before.unseen


def top_p(before: Prefix, stage: Stage) -> Prefix:
    """The smallest prefix with more than p of what is left."""
    weights, left, p = before.weights, before.mass, stage.value
    fewest = _rank_reaching(weights.sums, (p - MARGIN) * left.low)
    if fewest > weights.ranked:
        more = ((p - MARGIN) * left.low - weights.head) / weights.cap if weights.cap > 0 else 0.0
        fewest = weights.ranked + max(1, math.ceil(more * (1 - FULLEST)))
    most = _rank_reaching(weights.sums, (p + MARGIN) * left.high)
    if most > weights.ranked and before.unseen:
        # The best of the tail have no less than their share of it; a heavier tail needs more of them.
        tail = before.tail_most(before.unseen)
        share = ((p + MARGIN) * (weights.head + tail) - weights.head) / tail if tail > 0 else 1.0
        most = weights.ranked + math.ceil(min(1.0, share) * before.unseen)
    return before.narrowed(fewest, most)


def _rank_reaching(sums: Tensor, weight: float) -> int:
    """The first rank at which sums [n] reach a weight; n + 1 if they do not."""
    return int(torch.searchsorted(sums, torch.tensor(weight, dtype=torch.float64))) + 1


def _threshold(before: Prefix, low: float, high: float) -> Prefix:
    """What has at least a weight that lies between two; the best stay, and all that equal it."""
    values, best = before.weights.values, before.weights.scores[0].item()
    equal = int((before.weights.scores == best).sum())
    fewest = max(equal, int((values >= high * (1 + CLOSE)).sum()))
    most = max(equal, int((values >= low * (1 - CLOSE)).sum()))
    unseen = max(_unseen_from(before, low * (1 - CLOSE)), _unseen_from(before, 1.0, best))
    return before.narrowed(fewest, most + unseen)


def min_p(before: Prefix, stage: Stage) -> Prefix:
    """What has at least so much of the best one's weight, which is 1."""
    return _threshold(before, stage.value, stage.value) if stage.value > 0 else before


def epsilon_cutoff(before: Prefix, stage: Stage) -> Prefix:
    """What has at least so much of what is left."""
    return _threshold(before, stage.value * before.mass.low, stage.value * before.mass.high)


def eta_cutoff(before: Prefix, stage: Stage) -> Prefix:
    """The threshold falls as entropy rises."""
    bits, value = before.entropy, stage.value
    low, high = (min(value, math.sqrt(value) * math.exp(-end * LN2)) for end in (bits.high, bits.low))
    return _threshold(before, low * before.mass.low, high * before.mass.high)


def top_h(before: Prefix, stage: Stage) -> Prefix:
    """It looks at the best 100 only: decided where those are certain."""
    if before.fewest < TOP_H_CANDIDATES or before.weights.ranked < TOP_H_CANDIDATES:
        return before.narrowed(1, TOP_H_CANDIDATES)
    if not before.no_tie_after(TOP_H_CANDIDATES):
        return before.narrowed(1, TOP_H_CANDIDATES)
    kept = int((stage.apply(NO_IDS, before.weights.scores[None]) > -math.inf).sum())
    return before.narrowed(kept, kept)


BOUNDS: dict[str, Callable[[Prefix, Stage], Prefix]] = {
    bound.__name__: bound for bound in (top_h, top_k, top_p, min_p, epsilon_cutoff, eta_cutoff)
}
"""By stage; what is not here leaves a set that the head tells nothing about."""
