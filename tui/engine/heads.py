"""One step decided from a head: a server's best N log-probabilities, everything else NaN.

A number is exact where the head decides it, else NaN, with bounds in `tail`; a token is drawn only where the kept set
is certain, and then it is the token that the whole vocabulary would give.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from tui.core.candidates import Cut, Entropy, Span, Tail
from tui.core.settings import Settings
from tui.engine.decide import Distribution, chain_at, distribution
from tui.engine.places import Place
from tui.engine.undecided import explain
from tui.errors import RunError
from tui.sampling.bounds import Head, Weights, entropy_span, heat
from tui.sampling.chain import Chain, Removal
from tui.sampling.cuts import Applied, apply_after
from tui.sampling.head_cuts import Prefix, cut
from tui.sampling.metrics import LN2, entropy_bits
from tui.sampling.scoring import Scored
from tui.sampling.stages import Stage


@dataclass
class HeadDistribution(Distribution):
    """Logits of which only a head is known. Tensors [1, V] hold NaN for what is not; unseen tokens have no rank."""

    told: Head
    """As the server gave it."""
    head: Head
    """After the penalties: what ranks are made of."""
    weights: Weights
    steps: list[tuple[Stage, Prefix]]
    """What each stage leaves, up to the first that decides the kept set."""

    @property
    def last(self) -> Prefix:
        """What the stages leave, as far as bounds were needed."""
        return self.steps[-1][1] if self.steps else Prefix.whole(self.weights)

    @property
    def tail_mass(self) -> float:
        """Raw probability of the tokens without a rank."""
        return max(0.0, 1.0 - self.raw[0, self.head.tokens].double().sum().item())

    @property
    def ranked(self) -> int:
        """How many tokens have a rank."""
        return self.weights.told

    @cached_property
    def _places(self) -> dict[int, int]:
        return {token: index for index, token in enumerate(self.head.tokens.tolist())}

    def rank(self, token: int) -> int:
        """1 + the number of better ones; 0 for a token of the unseen tail."""
        return super().rank(token) if token in self._places else 0

    def surprisal(self, token: int) -> float:
        """Bits; what is told is a log-probability already."""
        return -float(self.logits[token]) / LN2

    def place(self, token: int) -> int:
        """Its rank in the list, where equals stand one after the other; 0 for a token of the unseen tail."""
        return self._places.get(token, -1) + 1

    def weight(self, token: int) -> float:
        """Its undivided tempered probability, NaN for a token of the unseen tail."""
        place = self._places.get(token)
        return math.nan if place is None else float(self.weights.values[place])

    def removed_by(self, tokens: Tensor) -> list[str]:
        """For each id in `tokens` [n], the first stage that certainly removes it, or ''."""
        exact = super().removed_by(tokens)
        bound = [self._cut_by(self._places.get(token, self.weights.told) + 1) for token in tokens.tolist()]
        early = {removal.stage for removal in self.scored.removals}
        return [name if name in early else sure or name for name, sure in zip(exact, bound, strict=True)]

    def _cut_by(self, rank: int) -> str:
        return next((stage.name for stage, left in self.steps if rank > left.reach), "")

    @cached_property
    def raw_entropy(self) -> float:
        """Bits, of raw; NaN where it is not decided."""
        return self.entropy_spans[0].value

    @cached_property
    def entropy(self) -> Entropy:
        """Bits, of raw, tempered and final; NaN where it is not decided."""
        return Entropy(*(span.value for span in self.entropy_spans))

    @cached_property
    def entropy_spans(self) -> tuple[Span, Span, Span]:
        """Bits, of raw, tempered and final."""
        raw, tempered = entropy_span(heat(self.told, None, self.ids)), entropy_span(self.weights)
        if self.undecided is not None:
            return raw, tempered, self.last.entropy
        final = entropy_bits(self.final)
        return raw, tempered, Span(final, final)

    @property
    def kept(self) -> int:
        """How many candidates are left; 0 where that is not decided."""
        fewest, most = self.kept_between
        return fewest if fewest == most and self.last.ordered else 0

    @property
    def kept_between(self) -> tuple[int, int]:
        """The fewest and the most that may be left."""
        if self.chain.greedy:
            return 1, 1
        if self.undecided is None:
            return self.applied.removals[-1].count, self.applied.removals[-1].count
        return self.last.fewest, self.last.most

    @property
    def kept_mass(self) -> float:
        """Their tempered probability; NaN where it is not decided."""
        return self.kept_share.value

    @property
    def kept_share(self) -> Span:
        """Where their tempered probability lies."""
        if self.undecided is not None:
            return Span(0.0, 1.0) if self.chain.greedy else self.last.share
        return self._share(self.final[0] > 0)

    def _share(self, left: Tensor) -> Span:
        """The tempered probability of ranked tokens, by a mask [V]."""
        return self.weights.share(float(self.weights.values[left[self.head.tokens]].sum()))

    @cached_property
    def cuts(self) -> list[Cut]:
        """What each removing stage does here, as far as the head decides it."""
        cuts = [Cut(removal.stage, removal.count, removal.count, 1.0) for removal in self.scored.removals]
        cuts += [self._bounded(stage, left) for stage, left in self.steps if stage.cuts]
        stages = {stage.name: stage for stage in self.chain.after}
        for removal in self.applied.removals[len(self.scored.removals) + 1 :]:
            tie = removal.tie if removal.splits_tie else None
            alone = self._alone(stages[removal.stage])
            cuts.append(Cut(removal.stage, alone, removal.count, self._share(removal.left[0]).value, tie))
        return cuts

    def _bounded(self, stage: Stage, left: Prefix) -> Cut:
        between = None if left.count is not None else (left.fewest, left.most)
        mass = left.share.value if left.ordered else math.nan
        return Cut(stage.name, self._alone(stage), left.fewest, mass, None, between)

    def _alone(self, stage: Stage) -> int:
        """How many it would keep as the only cut; 0 where that is not decided."""
        return cut(stage, Prefix.whole(self.weights)).count or 0

    def final_span(self, token: int) -> Span:
        """Where a token's final probability lies."""
        final = float(self.final[0, token])
        if not math.isnan(final):
            return Span(final, final)
        if self.chain.greedy:
            return Span(0.0, 1.0)
        kept, rank = self.last.mass, self.place(token)
        weight = self.weight(token) if rank else self.weights.cap
        low = weight / kept.high if 0 < rank <= self.last.sure else 0.0
        return Span(low, min(1.0, weight / kept.low) if self.last.ordered else 1.0)

    @cached_property
    def tail(self) -> Tail:
        """The unseen rest, and the bounds of what it leaves open."""
        why = self.undecided
        return Tail(
            told=self.weights.told, count=self.logits.shape[0] - self.weights.told, mass=self.tail_mass,
            tempered=self.weights.tail_share, kept=self.kept_between, kept_mass=self.kept_share,
            entropy=self.entropy_spans, undecided=why.message if why else "", remedy=why.remedy if why else "",
        )  # fmt: skip


def head_distribution(place: Place, settings: Settings, seed: int) -> Distribution:
    """Run log-probabilities [V] under T = 1, NaN where the server told none, through generate()'s chain.

    A vocabulary told whole is an ordinary one. RunError if nothing can be ranked.
    """
    logits, ids = place.logits, place.ids
    told = int((~logits.isnan()).sum())
    if told == logits.shape[0]:
        return distribution(place, settings, seed)
    if not told:
        raise RunError("The server told no log-probability at all.", "Ask it for more with a higher number.")
    chain = chain_at(place, settings, seed)
    known = Head.of(logits)
    head, removals = known.penalised(chain, ids, logits)
    if not len(head.tokens):
        raise RunError(
            f"What comes before the temperature leaves no token of the {told} told certain to be the best.",
            "Turn the penalties off.",
        )
    return _through(logits, ids, chain, known, head, removals)


def _through(
    logits: Tensor, ids: Tensor, chain: Chain, known: Head, head: Head, removals: tuple[Removal, ...]
) -> HeadDistribution:
    """The chain on two bounds until the kept set is decided, then on the scores themselves."""
    weights = heat(head, chain.temperature, ids)
    base = torch.full_like(logits, -math.inf).scatter(0, head.tokens, head.scores)[None]
    tempered = torch.full_like(logits, -math.inf).scatter(0, head.tokens, weights.scores)[None]
    applied = Applied(tempered, tempered, list(removals))
    left, steps, rest = Prefix.whole(weights), [], list(chain.after)
    while rest and not left.decided:
        left = cut(rest[0], left)
        steps.append((rest.pop(0), left))
    decided = left.decided or (chain.greedy and left.ordered and left.clear_best)
    if left.decided:
        applied.scores = _only(tempered, head.tokens[: left.most])
        name = steps[-1][0].name if steps else removals[-1].stage
        applied.removals.append(Removal.of(name, applied.scores))
        for stage in rest:
            apply_after(applied, stage, ids, exact=True)
    raw = logits.exp()[None]
    gone = ~removals[-1].left if removals else torch.zeros_like(raw, dtype=torch.bool)
    untouched = head is known and chain.temperature is None
    warm = raw if untouched else _tempered(raw, head, weights).masked_fill(gone, 0.0)
    final = _final(chain, applied, head, left, decided).masked_fill(gone, 0.0)
    here = HeadDistribution(
        logits, ids, chain, Scored(base, removals), applied, raw, warm, final, known, head, weights, steps
    )
    if not decided:
        here.undecided = explain(chain, weights, steps)
    return here


def _only(scores: Tensor, tokens: Tensor) -> Tensor:
    """Scores [1, V] with all but these ids removed."""
    return torch.full_like(scores, -math.inf).index_copy(1, tokens, scores[:, tokens])


def _tempered(raw: Tensor, head: Head, weights: Weights) -> Tensor:
    """Tempered probabilities [1, V], NaN where the tail leaves them open."""
    shares = weights.values / weights.whole.value
    return torch.full_like(raw, math.nan).index_copy(1, head.tokens, shares.float()[None])


def _final(chain: Chain, applied: Applied, head: Head, left: Prefix, decided: bool) -> Tensor:
    """Final probabilities [1, V]; where nothing is decided, 0 for what is removed all the same, else NaN."""
    if decided and not chain.greedy:
        return torch.softmax(applied.scores, dim=-1)
    if decided:
        final = torch.zeros_like(applied.scores)
        final[0, int(torch.argmax(applied.scores, dim=-1))] = 1.0
        return final
    told, reach = len(head.tokens), left.reach
    final = torch.full_like(applied.scores, math.nan if reach > told else 0.0)
    final[0, head.tokens[:reach]] = math.nan
    final[0, head.tokens[reach:]] = 0.0
    return final
