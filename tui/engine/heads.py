"""The distribution of one step from a head: a server's best N log-probabilities; all others are NaN.

A number that the head decides is exact; any other is NaN, with its bounds in `tail`. A token is drawn only where the
kept set is certain; it is the token that the whole vocabulary would give.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor

from tui.core.candidates import Cut, Entropy, Span, Tail
from tui.engine.decide import Distribution
from tui.sampling.bounds import Head, Weights, apply_temperature, entropy_span
from tui.sampling.head_cuts import Prefix, cut
from tui.sampling.metrics import LN2, entropy_bits
from tui.sampling.stages import Stage


@dataclass
class HeadDistribution(Distribution):
    """A distribution of which only a head is known. Unknown tensor elements are NaN; unseen tokens have no rank."""

    server_head: Head
    """The head of the server's log-probabilities."""
    head: Head
    """The head after the penalties: the ranking is by its scores."""
    weights: Weights
    """The weights of `head` after the temperature."""
    untempered: Weights
    """The weights of `head` before the temperature: those that the cuts before it see."""
    steps: list[tuple[Stage, Prefix]]
    """(stage, bounds of what it leaves, in the weights it sees) for the cuts up to the one that decides the kept set;
    those after it run on the scores."""

    @property
    def last(self) -> Prefix:
        """The bounds after the last stage in `steps`, in tempered weights."""
        return replace(self.steps[-1][1], weights=self.weights) if self.steps else Prefix.whole(self.weights)

    @property
    def summed_weights(self) -> Weights:
        """The weights that cumulative probabilities and a cut's mass sum: see `Distribution.summed`."""
        return self.weights if self.chain.sums_tempered else self.untempered

    @cached_property
    def summed(self) -> Tensor:
        """As `Distribution.summed`; NaN where the tail leaves a probability undecided."""
        if self.chain.sums_tempered or self.chain.temperature is None:
            return self.tempered
        return self.raw if self.summed_raw else self.head.probabilities(len(self.logits), self.untempered)

    @property
    def summed_raw(self) -> bool:
        """True if cumulative probabilities sum the raw ones: neither penalty nor temperature changes them."""
        unheated = self.chain.temperature is None or not self.chain.sums_tempered
        return unheated and self.head is self.server_head

    @property
    def tail_mass(self) -> float:
        """Raw probability of the unseen tail."""
        return max(0.0, 1.0 - self.raw[0, self.head.tokens].double().sum().item())

    @property
    def ranked(self) -> int:
        """How many tokens have a rank."""
        return self.weights.ranked

    @cached_property
    def _index_by_token(self) -> dict[int, int]:
        return {token: index for index, token in enumerate(self.head.tokens.tolist())}

    def rank(self, token: int) -> int:
        """1 + the number of tokens that score higher; 0 for a token of the unseen tail."""
        return super().rank(token) if token in self._index_by_token else 0

    def surprisal(self, token: int) -> float:
        """−log2 of a token's raw probability, in bits: the logits are log-probabilities already."""
        return -float(self.logits[token]) / LN2

    def list_rank(self, token: int) -> int:
        """The token's rank in the list, where tokens of equal score have different ranks; 0 for an unseen token."""
        return self._index_by_token.get(token, -1) + 1

    def weight(self, token: int) -> float:
        """The token's weight after the temperature (see `Weights`); NaN for a token of the unseen tail."""
        index = self._index_by_token.get(token)
        return math.nan if index is None else float(self.weights.values[index])

    def removed_by(self, tokens: Tensor) -> list[str]:
        """For each id in `tokens` [n], the first stage that certainly removes it, or ''."""
        exact = super().removed_by(tokens)
        bound = [self._cut_by(self._index_by_token.get(token, self.weights.ranked) + 1) for token in tokens.tolist()]
        early = {kept_set.stage for kept_set in self.scored.kept_sets}
        return [name if name in early else sure or name for name, sure in zip(exact, bound, strict=True)]

    def _cut_by(self, rank: int) -> str:
        return next((stage.name for stage, left in self.steps if rank > left.possibly_kept), "")

    @cached_property
    def raw_entropy(self) -> float:
        """Entropy of the raw distribution in bits; NaN where the head does not decide it."""
        return self.entropy_spans[0].value

    @cached_property
    def entropy(self) -> Entropy:
        """Entropy of raw, tempered and final in bits; NaN where the head does not decide it."""
        return Entropy(*(span.value for span in self.entropy_spans))

    @cached_property
    def entropy_spans(self) -> tuple[Span, Span, Span]:
        """Bounds of the entropy of raw, tempered and final, in bits."""
        raw, tempered = entropy_span(apply_temperature(self.server_head, None, self.ids)), entropy_span(self.weights)
        if self.undecided is not None:
            return raw, tempered, self.last.entropy
        final = entropy_bits(self.final)
        return raw, tempered, Span(final, final)

    @property
    def kept(self) -> int:
        """How many candidates are left after all cuts; 0 where the head does not decide it."""
        fewest, most = self.kept_between
        return fewest if fewest == most and self.last.ordered else 0

    @property
    def kept_between(self) -> tuple[int, int]:
        """The fewest and the most candidates that may be left after all cuts."""
        if self.chain.greedy:
            return 1, 1
        if self.undecided is None:
            return self.applied.kept_sets[-1].count, self.applied.kept_sets[-1].count
        return self.last.fewest, self.last.most

    @property
    def kept_mass(self) -> float:
        """The tempered probability of the candidates that are left; NaN where the head does not decide it."""
        return self.kept_share.value

    @property
    def kept_share(self) -> Span:
        """Bounds of the tempered probability of the candidates that are left."""
        if self.undecided is not None:
            return Span(0.0, 1.0) if self.chain.greedy else self.last.share
        return self._share(self.final[0] > 0, self.weights)

    def _share(self, left: Tensor, weights: Weights) -> Span:
        """Bounds of the probability of the ranked tokens that the mask `left` [V] selects."""
        return weights.share(float(weights.values[left[self.head.tokens]].sum()))

    @cached_property
    def cuts(self) -> list[Cut]:
        """The effect of each stage that removes tokens, as far as the head decides it."""
        cuts = [Cut(kept_set.stage, kept_set.count, kept_set.count, 1.0) for kept_set in self.scored.kept_sets]
        cuts += [self._bounded_cut(stage, left) for stage, left in self.steps if stage.cuts]
        stages = {stage.name: stage for stage in self.chain.cutting}
        for kept_set in self.applied.kept_sets[len(self.scored.kept_sets) + 1 :]:
            tie = kept_set.tie if kept_set.splits_tie else None
            alone = self._alone(stages[kept_set.stage])
            cuts.append(
                Cut(
                    kept_set.stage, alone, kept_set.count, self._share(kept_set.left[0], self.summed_weights).value, tie
                )
            )
        return cuts

    def _bounded_cut(self, stage: Stage, left: Prefix) -> Cut:
        between = None if left.count is not None else (left.fewest, left.most)
        mass = replace(left, weights=self.summed_weights).share.value if left.ordered else math.nan
        return Cut(stage.name, self._alone(stage), left.fewest, mass, None, between)

    def _alone(self, stage: Stage) -> int:
        """How many candidates the stage would keep as the only cut; 0 where the head does not decide it."""
        seen = self.untempered if stage in self.chain.untempered else self.weights
        return cut(stage, Prefix.whole(seen)).count or 0

    def final_span(self, token: int) -> Span:
        """Bounds of a token's final probability."""
        final = float(self.final[0, token])
        if not math.isnan(final):
            return Span(final, final)
        if self.chain.greedy:
            return Span(0.0, 1.0)
        kept, rank = self.last.mass, self.list_rank(token)
        weight = self.weight(token) if rank else self.weights.cap
        low = weight / kept.high if 0 < rank <= self.last.surely_kept else 0.0
        return Span(low, min(1.0, weight / kept.low) if self.last.ordered else 1.0)

    @cached_property
    def tail(self) -> Tail:
        """The unseen tail, and the bounds of every number that depends on it."""
        why = self.undecided
        return Tail(
            told=self.weights.ranked, count=self.logits.shape[0] - self.weights.ranked, mass=self.tail_mass,
            tempered=self.weights.tail_share, kept=self.kept_between, kept_mass=self.kept_share,
            entropy=self.entropy_spans, undecided=why.message if why else "", remedy=why.remedy if why else "",
        )  # fmt: skip
