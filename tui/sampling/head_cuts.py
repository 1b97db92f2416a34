"""The cuts on a vocabulary of which only a head is known: bounds of how many of the best candidates each leaves.

A cut that keeps a prefix of the ranking is described by how many candidates it leaves, and that number has two bounds.
Where both are equal, and the tokens on either side of the edge differ in score, the kept set is decided: the ordinary
stages then run on the same scores that the whole vocabulary would give.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tui.core.candidates import Span
from tui.core.stages import MIN_P, TOP_K, TOP_P
from tui.sampling.bounds import Weights, entropy_span
from tui.sampling.metrics import LN2
from tui.sampling.stages import TOP_H_CANDIDATES, Stage

MARGIN = 2e-5
"""Largest error of a cumulative sum over a whole vocabulary in float32, as top-p computes it."""
CLOSE = 1e-5
"""Largest relative error of a probability in float32."""
FULLEST = 1e-12
"""Largest relative error of a count computed as a quotient in float64."""
NO_IDS = torch.empty(1, 0, dtype=torch.long)
"""The ids [1, 0] passed to a cut that does not read the text."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """The n best candidates for an n of which only the bounds `fewest` and `most` are known."""

    weights: Weights
    fewest: int
    most: int
    ordered: bool = True
    """False if the candidates left need not be a prefix of the ranking: then each of them is uncertain."""

    @classmethod
    def whole(cls, weights: Weights) -> Prefix:
        """The prefix before any cut: the whole vocabulary."""
        everything = weights.ranked + weights.unseen
        return cls(weights, everything, everything)

    @property
    def decided(self) -> bool:
        """True if the kept set is certain and holds ranked tokens only."""
        return self.ordered and self.fewest == self.most <= self.weights.ranked and self.no_tie_after(self.most)

    @property
    def count(self) -> int | None:
        """How many candidates are left; None if that is not certain."""
        return self.fewest if self.ordered and self.fewest == self.most else None

    def no_tie_after(self, size: int) -> bool:
        """True if the token after the first `size` surely scores less than the last of them."""
        scores, ranked = self.weights.scores, self.weights.ranked
        after = scores[size].item() if size < ranked else self.weights.cap_score
        return (size == ranked and not self.weights.unseen) or scores[size - 1].item() > after

    @property
    def surely_kept(self) -> int:
        """How many of the best are certainly left: those that score more than the first one that may be removed.

        Tokens of equal score are not certain: which of them a cut keeps depends on the whole vocabulary.
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
        """How many of the best may be left; one more than are ranked if an unseen token may be left too."""
        weights = self.weights
        if not self.ordered or self.most > weights.ranked:
            return weights.ranked + bool(weights.unseen)
        edge = weights.scores[self.most - 1].item()
        unseen = bool(weights.unseen) and weights.cap_score >= edge
        return weights.ranked + 1 if unseen else int((weights.scores >= edge).sum())

    @property
    def best_is_certain(self) -> bool:
        """True if no unseen token can score as high as the best one."""
        return not self.weights.unseen or self.weights.scores[0].item() > self.weights.cap_score

    @property
    def unseen(self) -> int:
        """The most unseen tokens that may be left."""
        return max(0, self.most - self.weights.ranked)

    @property
    def mass(self) -> Span:
        """Bounds of the weight of the candidates left."""
        return Span(self._least_weight(self.fewest), self._most_weight(self.most))

    def _least_weight(self, size: int) -> float:
        """The least weight of the first `size` candidates: the best of the tail have at least an even share of it."""
        known, weights = min(size, self.weights.ranked), self.weights
        low = float(weights.sums[known - 1])
        return low + (weights.tail.low * (size - known) / weights.unseen if size > known else 0.0)

    def _most_weight(self, size: int) -> float:
        known = min(size, self.weights.ranked)
        return float(self.weights.sums[known - 1]) + self.tail_most(size - known)

    def tail_most(self, size: int) -> float:
        """The most weight that `size` unseen tokens can have."""
        return min(self.weights.tail.high, size * self.weights.cap)

    @property
    def share(self) -> Span:
        """Bounds of the tempered probability of the candidates left: their weight divided by the whole."""
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
        """Bounds of the entropy of the candidates left, in bits: it grows with each token added to the prefix."""
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
        """This prefix cut down to a size between these bounds, never empty."""
        return replace(self, fewest=max(1, min(fewest, self.fewest)), most=max(1, min(most, self.most)))


def _prefix_entropy(values: Tensor) -> float:
    shares = values / values.sum()
    return max(0.0, float(-(shares * shares.log()).nansum()) / LN2)


def cut(stage: Stage, before: Prefix) -> Prefix:
    """Bounds of what a stage after the temperature leaves of the prefix `before` it."""
    bounds = LLAMA_BOUNDS if stage.size is not None else BOUNDS
    if before.ordered and stage.name in bounds:
        return bounds[stage.name](before, stage)
    # renormalize_logits keeps the order; the model's other processors may change it.
    if stage.name == "renormalize_logits":
        return before
    return replace(before, fewest=1, ordered=before.ordered and stage.record is not None and stage.record.prefix)


def top_k(before: Prefix, stage: Stage) -> Prefix:
    """Keep the k best and all tokens tied with the k-th; some of the tied ones may be unseen."""
    weights, k = before.weights, int(stage.value)
    if k > weights.ranked:
        return before.narrowed(k, before.most)
    edge = weights.scores[k - 1].item()
    tied = int((weights.scores >= edge).sum())
    return before.narrowed(tied, tied + _unseen_from(before, weights.values[k - 1].item(), edge))


def _unseen_from(before: Prefix, weight: float, score: float | None = None) -> int:
    """The most unseen tokens that can have at least this weight each."""
    weights = before.weights
    if not weights.unseen or (weights.cap < weight if score is None else weights.cap_score < score):
        return 0
    return min(before.unseen, math.floor(weights.tail.high / weight * (1 + CLOSE))) if weight > 0 else before.unseen


def top_p(before: Prefix, stage: Stage) -> Prefix:
    """Keep the smallest prefix with more than p of the weight that is left before it."""
    return _nucleus(before, stage.value, MARGIN)


def _nucleus(before: Prefix, p: float, margin: float) -> Prefix:
    """Keep the smallest prefix with p of the weight left before it; a cumulative sum may be off by `margin`."""
    weights, left = before.weights, before.mass
    fewest = _rank_reaching(weights.sums, (p - margin) * left.low)
    if fewest > weights.ranked:
        more = ((p - margin) * left.low - weights.head) / weights.cap if weights.cap > 0 else 0.0
        fewest = weights.ranked + max(1, math.ceil(more * (1 - FULLEST)))
    most = _rank_reaching(weights.sums, (p + margin) * left.high)
    if most > weights.ranked and before.unseen:
        # The best of the tail have at least an even share of it; the heavier the tail, the more of them are needed.
        tail = before.tail_most(before.unseen)
        share = ((p + margin) * (weights.head + tail) - weights.head) / tail if tail > 0 else 1.0
        most = weights.ranked + math.ceil(min(1.0, share) * before.unseen)
    return before.narrowed(fewest, most)


def _rank_reaching(sums: Tensor, weight: float) -> int:
    """The first rank at which the cumulative `sums` [n] reach a weight; n + 1 if they do not reach it."""
    return int(torch.searchsorted(sums, torch.tensor(weight, dtype=torch.float64))) + 1


def _threshold(before: Prefix, low: float, high: float) -> Prefix:
    """Keep tokens above a threshold weight that lies between `low` and `high`, and always the best and its equals."""
    values, best = before.weights.values, before.weights.scores[0].item()
    equal = int((before.weights.scores == best).sum())
    fewest = max(equal, int((values >= high * (1 + CLOSE)).sum()))
    most = max(equal, int((values >= low * (1 - CLOSE)).sum()))
    unseen = max(_unseen_from(before, low * (1 - CLOSE)), _unseen_from(before, 1.0, best))
    return before.narrowed(fewest, most + unseen)


def min_p(before: Prefix, stage: Stage) -> Prefix:
    """Keep tokens with at least `min_p` of the best token's weight, which is 1."""
    return _threshold(before, stage.value, stage.value) if stage.value > 0 else before


def epsilon_cutoff(before: Prefix, stage: Stage) -> Prefix:
    """Keep tokens with at least ε of the weight that is left before it."""
    return _threshold(before, stage.value * before.mass.low, stage.value * before.mass.high)


def eta_cutoff(before: Prefix, stage: Stage) -> Prefix:
    """As epsilon, with the threshold min(ε, √ε·e^−entropy): it has bounds, because the entropy has."""
    bits, value = before.entropy, stage.value
    low, high = (min(value, math.sqrt(value) * math.exp(-end * LN2)) for end in (bits.high, bits.low))
    return _threshold(before, low * before.mass.low, high * before.mass.high)


def top_h(before: Prefix, stage: Stage) -> Prefix:
    """Top-h considers only the best 100 candidates: where those are certain, its result is too."""
    if before.fewest < TOP_H_CANDIDATES or before.weights.ranked < TOP_H_CANDIDATES:
        return before.narrowed(1, TOP_H_CANDIDATES)
    if not before.no_tie_after(TOP_H_CANDIDATES):
        return before.narrowed(1, TOP_H_CANDIDATES)
    kept = int((stage.apply(NO_IDS, before.weights.scores[None]) > -math.inf).sum())
    return before.narrowed(kept, kept)


BOUNDS: dict[str, Callable[[Prefix, Stage], Prefix]] = {
    bound.__name__: bound for bound in (top_h, top_k, top_p, min_p, epsilon_cutoff, eta_cutoff)
}
"""The bounds of each cut, by stage name; of what a stage not in here leaves, nothing is known."""


def llama_top_k(before: Prefix, stage: Stage) -> Prefix:
    """Keep exactly the k best. Which of the tokens tied at the edge they are is not known from a head."""
    return before.narrowed(int(stage.value), int(stage.value))


def llama_top_p(before: Prefix, stage: Stage) -> Prefix:
    """As top-p. llama.cpp adds one float32 number after the other, so that each may add an error to a sum."""
    return _nucleus(before, stage.value, MARGIN + before.most * 2.0**-24)


LLAMA_BOUNDS = {TOP_K.name: llama_top_k, TOP_P.name: llama_top_p, MIN_P.name: min_p}
"""The bounds of the cuts that follow llama.cpp's rules."""
