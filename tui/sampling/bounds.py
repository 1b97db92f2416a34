"""Bounds on a whole vocabulary's distribution, from its head: the best N log-probabilities, as a server tells them.

The other tokens are the unseen tail. Their number and their total probability are known, and none is more probable than
the last token of the head. A number that depends on how that probability is spread over the tail has two bounds, which
hold for every tail that fits; the head is never renormalised as if it were all. Sums are in float64.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tui.core.candidates import Span
from tui.sampling.chain import Chain, KeptSet
from tui.sampling.metrics import LN2
from tui.sampling.scoring import score
from tui.sampling.stages import Stage

ROUNDING = 4e-6
"""How far the sum of a server's float32 probabilities may be off."""
NOTHING = -1e4
"""The log-probability that stands for probability 0 where a score has to be finite."""


@dataclass(frozen=True, slots=True)
class Head:
    """The tokens whose rank is certain, best first, and what is known about the unseen tail."""

    tokens: Tensor
    """[n] ids."""
    scores: Tensor
    """[n] float32, after penalties."""
    cap: float
    """The highest score that an unseen token may have."""
    unseen: int
    """How many unseen tokens there are, removed ones not counted."""
    mass: Span
    """Bounds of the sum of exp(score) over the unseen tokens."""

    @classmethod
    def of(cls, logits: Tensor) -> Head:
        """The head of log-probabilities [V] float32 under T = 1, NaN for unseen tokens."""
        known = ~logits.isnan()
        rest = 1.0 - logits[known].double().exp().sum().item()
        mass = Span(max(0.0, rest - ROUNDING), max(0.0, rest) + ROUNDING)
        return cls._ranked(logits, known, logits[known].amin().item(), int((~known).sum()), mass)

    @classmethod
    def _ranked(cls, scores: Tensor, certain: Tensor, cap: float, unseen: int, mass: Span) -> Head:
        """Sort the `certain` tokens [V] and tighten the bounds: the tail weighs at most `unseen` tokens at the cap."""
        tokens = certain.nonzero()[:, 0]
        best = torch.sort(scores[tokens], descending=True, stable=True)
        high = min(mass.high, unseen * math.exp(cap) * (1 + ROUNDING)) if unseen else 0.0
        cap = min(cap, math.log(high)) if high > 0 else -math.inf
        return cls(tokens[best.indices], best.values, cap, unseen, Span(min(mass.low, high), high))

    def penalised(self, chain: Chain, ids: Tensor, logits: Tensor) -> tuple[Head, tuple[KeptSet, ...]]:
        """The head after the stages before the temperature, and what they kept; `logits` [V] are those of this head.

        Such a stage maps each token's score by a function that never decreases. So an unseen token's highest possible
        score is mapped to its highest possible score afterwards. RunError if the stages leave no token.
        """
        if not chain.before:
            return self, ()
        known = ~logits.isnan()
        at_most = torch.tensor(max(self.cap, NOTHING), dtype=torch.float32).item()
        scored = score(chain, ids, torch.where(known, logits, at_most))
        scores = scored.base[0]
        others = scores[~known]
        cap = others.amax().item() if len(others) else -math.inf
        certain = known & (scores >= cap) & (scores > -math.inf)
        demoted = scores[known & ~certain & (scores > -math.inf)].double().exp()
        raised, touched = others[others > at_most], int((others != at_most).sum())
        low = max(0.0, self.mass.low - touched * math.exp(at_most)) + demoted.sum().item()
        high = self.mass.high + raised.double().exp().sum().item() + demoted.sum().item()
        unseen = int((others > -math.inf).sum()) + len(demoted)
        return self._ranked(scores, certain, cap, unseen, Span(low, high)), scored.kept_sets

    def probabilities(self, vocabulary: int, weights: Weights) -> Tensor:
        """Probabilities [1, V] of these weights; NaN for unseen tokens, and where the tail leaves them undecided."""
        shares = (weights.values / weights.whole.value).float()
        everything = torch.full((1, vocabulary), math.nan, device=shares.device)
        return everything.index_copy(1, self.tokens, shares[None])


@dataclass(frozen=True, slots=True)
class Weights:
    """The tokens' weights after the temperature: probabilities, scaled so that the best token's weight is 1."""

    scores: Tensor
    """[n] float32, best first: the same bits that the whole vocabulary would give."""
    cap_score: float
    """The highest score that an unseen token may have."""
    values: Tensor
    """[n] float64, the weights: exp(score − best score)."""
    sums: Tensor
    """[n] float64, the cumulative sums of `values`."""
    unseen: int
    """How many unseen tokens there are."""
    cap: float
    """The highest weight that an unseen token may have."""
    tail: Span
    """Bounds of the weight of all unseen tokens together."""

    @property
    def ranked(self) -> int:
        """How many tokens have a rank."""
        return len(self.scores)

    @property
    def head(self) -> float:
        """The weight of all ranked tokens together."""
        return float(self.sums[-1])

    @property
    def whole(self) -> Span:
        """Bounds of the weight of the whole vocabulary."""
        return Span(self.head + self.tail.low, self.head + self.tail.high)

    def share(self, weight: float) -> Span:
        """Bounds of the probability of a weight: the weight divided by the whole."""
        return Span(weight / self.whole.high, weight / self.whole.low)

    @property
    def tail_share(self) -> Span:
        """Bounds of the tail's probability, which grows with the tail's weight."""
        return Span(self.tail.low / self.whole.low, self.tail.high / self.whole.high)


def apply_temperature(head: Head, temperature: Stage | None, ids: Tensor) -> Weights:
    """The weights of a head's tokens after the temperature stage; None is a temperature of 1."""
    edge = torch.cat([head.scores, head.scores.new_tensor([head.cap])])[None]
    tempered = (edge if temperature is None else temperature.apply(ids, edge))[0].double()
    scores, best = tempered[:-1], tempered[0].item()
    values = (scores - best).exp()
    power = 1.0 if temperature is None else 1.0 / temperature.value
    cap = math.exp(tempered[-1].item() - best) * (1 + ROUNDING)
    tail = _tail_after_temperature(head, power, best)
    high = min(tail.high, head.unseen * cap)
    return Weights(
        scores.float(), tempered[-1].item(), values, values.cumsum(0), head.unseen, cap, Span(min(tail.low, high), high)
    )


def _tail_after_temperature(head: Head, power: float, best: float) -> Span:
    """Bounds of the tail's weight: of the sum of p^power over its tokens, relative to the best token's.

    `power` is 1/T. The two extremes are the tail spread evenly over all its tokens, and the tail concentrated in as few
    tokens as the cap allows. At a power below 1 the even one weighs more, above 1 the concentrated one.
    """

    def spread_evenly(mass: float) -> float:
        spread = math.log(head.unseen) + power * (math.log(mass) - math.log(head.unseen))
        return math.exp(spread - best)

    def concentrated(mass: float) -> float:
        return math.exp(math.log(mass) + (power - 1.0) * head.cap - best)

    least, greatest = (spread_evenly, concentrated) if power > 1 else (concentrated, spread_evenly)
    low, high = head.mass.low, head.mass.high
    return Span(least(low) if low > 0 else 0.0, greatest(high) if high > 0 else 0.0)


def entropy_span(weights: Weights) -> Span:
    """Bounds of the whole distribution's entropy in bits.

    For a tail of weight Z the entropy is highest if Z is spread evenly: as a function of Z that rises, then falls. It
    is lowest if the tail's tokens stand at the cap: as a function of Z that is lowest at an end of Z's bounds or where
    its derivative changes sign.
    """
    logs = weights.values.log()
    terms = float((weights.values * logs).nansum())
    low, high = weights.tail.low, weights.tail.high
    if not weights.unseen or high <= 0:
        return _bits(_entropy(weights.head, terms, 0.0, 0.0))
    most = _most_entropy(weights, terms)
    log_cap = math.log(weights.cap)
    turns = (weights.cap, weights.head * log_cap - terms - weights.head)
    ends = [low, high, *(turn for turn in turns if low < turn < high)]
    least = min(_entropy(weights.head, terms, end, min(_log(end), log_cap)) for end in ends)
    return Span(max(0.0, least) / LN2, most / LN2)


def _bits(nats: float) -> Span:
    return Span(max(0.0, nats) / LN2, max(0.0, nats) / LN2)


def _log(weight: float) -> float:
    return math.log(weight) if weight > 0 else 0.0


def _entropy(head: float, terms: float, tail: float, log_each: float) -> float:
    """Entropy in nats of a head and a tail.

    The head has weight `head` and Σ w·log w = `terms`; the tail has weight `tail`, each token of log-weight `log_each`.
    """
    whole = head + tail
    return math.log(whole) - (terms + tail * log_each) / whole


def _most_entropy(weights: Weights, terms: float) -> float:
    """The highest entropy in nats for any possible weight of an evenly spread tail."""

    def at(tail: float) -> float:
        return _entropy(weights.head, terms, tail, _log(tail / weights.unseen) if tail > 0 else 0.0)

    def rises_at(tail: float) -> bool:
        return _log(weights.head + tail) - _log(tail / weights.unseen) > at(tail)

    low, high = weights.tail.low, weights.tail.high
    if not rises_at(high) and (low <= 0 or rises_at(low)):
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if rises_at(middle) else (low, middle)
    return max(at(low), at(high))
