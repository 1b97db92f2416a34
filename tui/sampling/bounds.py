"""What a head, the best N log-probabilities, says about the whole vocabulary.

The rest is an unseen tail: so many tokens, so much probability together, none above the last one told. Whatever depends
on how that is spread lies between two bounds, and the bounds hold for every tail that fits; the head is never
renormalised as if it were all. Probabilities are summed in float64.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tui.core.candidates import Span
from tui.sampling.chain import Chain, Removal
from tui.sampling.metrics import LN2
from tui.sampling.scoring import score
from tui.sampling.stages import Stage

ROUNDING = 4e-6
"""How far the sum of a server's float32 probabilities may be off."""
NOTHING = -1e4
"""A log-probability that is none, where a score has to be finite."""


@dataclass(frozen=True, slots=True)
class Head:
    """The tokens whose rank is certain, best first, and what is known about the others."""

    tokens: Tensor
    """[n] ids."""
    scores: Tensor
    """[n] float32, after penalties."""
    cap: float
    """No other token's score is above it."""
    unseen: int
    """How many others may be drawn."""
    mass: Span
    """exp(score) of those, summed."""

    @classmethod
    def of(cls, logits: Tensor) -> Head:
        """The head of log-probabilities [V] float32 under T = 1, NaN for tokens that were not told."""
        told = ~logits.isnan()
        rest = 1.0 - logits[told].double().exp().sum().item()
        mass = Span(max(0.0, rest - ROUNDING), max(0.0, rest) + ROUNDING)
        return cls._ranked(logits, told, logits[told].amin().item(), int((~told).sum()), mass)

    @classmethod
    def _ranked(cls, scores: Tensor, certain: Tensor, cap: float, unseen: int, mass: Span) -> Head:
        """Rank the `certain` [V] and tighten the bounds: all of the tail is at most so many tokens at the cap."""
        tokens = certain.nonzero()[:, 0]
        best = torch.sort(scores[tokens], descending=True, stable=True)
        high = min(mass.high, unseen * math.exp(cap) * (1 + ROUNDING)) if unseen else 0.0
        cap = min(cap, math.log(high)) if high > 0 else -math.inf
        return cls(tokens[best.indices], best.values, cap, unseen, Span(min(mass.low, high), high))

    def penalised(self, chain: Chain, ids: Tensor, logits: Tensor) -> tuple[Head, tuple[Removal, ...]]:
        """The head after the stages before the temperature, and what they removed; `logits` [V] are those it is of.

        Each of these changes a score by its token and its value alone, and never turns two values round: the highest
        that an unseen token may have becomes the highest it may have afterwards. RunError if nothing is left.
        """
        if not chain.before:
            return self, ()
        told = ~logits.isnan()
        at_most = torch.tensor(max(self.cap, NOTHING), dtype=torch.float32).item()
        scored = score(chain, ids, torch.where(told, logits, at_most))
        scores = scored.base[0]
        others = scores[~told]
        cap = others.amax().item() if len(others) else -math.inf
        certain = told & (scores >= cap) & (scores > -math.inf)
        demoted = scores[told & ~certain & (scores > -math.inf)].double().exp()
        raised, touched = others[others > at_most], int((others != at_most).sum())
        low = max(0.0, self.mass.low - touched * math.exp(at_most)) + demoted.sum().item()
        high = self.mass.high + raised.double().exp().sum().item() + demoted.sum().item()
        unseen = int((others > -math.inf).sum()) + len(demoted)
        return self._ranked(scores, certain, cap, unseen, Span(low, high)), scored.removals


@dataclass(frozen=True, slots=True)
class Weights:
    """Probabilities after the temperature, not yet divided by their sum: the best token's is 1."""

    scores: Tensor
    """[n] float32, best first: the very numbers that the whole vocabulary would give them."""
    cap_score: float
    """No unseen token's is above it."""
    values: Tensor
    """[n] float64."""
    sums: Tensor
    """[n] float64, of the best 1, 2, … n."""
    unseen: int
    cap: float
    """The most that one unseen token can have."""
    tail: Span
    """All of them together."""

    @property
    def told(self) -> int:
        """How many have a rank."""
        return len(self.scores)

    @property
    def head(self) -> float:
        """The weight of all that have a rank."""
        return float(self.sums[-1])

    @property
    def whole(self) -> Span:
        """The weight of all there is."""
        return Span(self.head + self.tail.low, self.head + self.tail.high)

    def share(self, weight: float) -> Span:
        """A weight as part of the whole."""
        return Span(weight / self.whole.high, weight / self.whole.low)

    @property
    def tail_share(self) -> Span:
        """The tail's part of the whole, which grows with its weight."""
        return Span(self.tail.low / self.whole.low, self.tail.high / self.whole.high)


def heat(head: Head, temperature: Stage | None, ids: Tensor) -> Weights:
    """The head after the temperature, None for 1."""
    edge = torch.cat([head.scores, head.scores.new_tensor([head.cap])])[None]
    hot = (edge if temperature is None else temperature.apply(ids, edge))[0].double()
    scores, best = hot[:-1], hot[0].item()
    values = (scores - best).exp()
    power = 1.0 if temperature is None else 1.0 / temperature.value
    cap = math.exp(hot[-1].item() - best) * (1 + ROUNDING)
    tail = _heated(head, power, best)
    high = min(tail.high, head.unseen * cap)
    return Weights(
        scores.float(), hot[-1].item(), values, values.cumsum(0), head.unseen, cap, Span(min(tail.low, high), high)
    )


def _heated(head: Head, power: float, best: float) -> Span:
    """The sum of u^power over every tail that fits, in parts of the best token's.

    At a power below 1 spreading adds weight, above 1 it takes some away: the ends are the tail spread over all its
    tokens and the one that fills as few as can be up to the cap.
    """

    def flat(mass: float) -> float:
        spread = math.log(head.unseen) + power * (math.log(mass) - math.log(head.unseen))
        return math.exp(spread - best)

    def steep(mass: float) -> float:
        return math.exp(math.log(mass) + (power - 1.0) * head.cap - best)

    least, greatest = (flat, steep) if power > 1 else (steep, flat)
    low, high = head.mass.low, head.mass.high
    return Span(least(low) if low > 0 else 0.0, greatest(high) if high > 0 else 0.0)


def entropy_span(weights: Weights) -> Span:
    """The whole distribution's entropy in bits.

    With a tail of weight Z the most is that of Z spread evenly, which rises with Z and then falls; the least has no
    entropy in the tail beyond what the cap asks, and turns only where the formula's derivative does.
    """
    logs = weights.values.log()
    terms = float((weights.values * logs).nansum())
    low, high = weights.tail.low, weights.tail.high
    if not weights.unseen or high <= 0:
        return _bits(_entropy(weights.head, terms, 0.0, 0.0))
    most = _highest(weights, terms)
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
    """In nats: head of weight `head` and Σ w·log w `terms`, and a tail of tokens whose log-weight is `log_each`."""
    whole = head + tail
    return math.log(whole) - (terms + tail * log_each) / whole


def _highest(weights: Weights, terms: float) -> float:
    """The most entropy in nats for any weight of an evenly spread tail."""

    def at(tail: float) -> float:
        return _entropy(weights.head, terms, tail, _log(tail / weights.unseen) if tail > 0 else 0.0)

    def rises(tail: float) -> bool:
        return _log(weights.head + tail) - _log(tail / weights.unseen) > at(tail)

    low, high = weights.tail.low, weights.tail.high
    if not rises(high) and (low <= 0 or rises(low)):
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if rises(middle) else (low, middle)
    return max(at(low), at(high))
