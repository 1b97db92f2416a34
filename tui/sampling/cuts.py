"""Runs scores through the temperature and the cuts, and describes what each cut does."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tui.core.candidates import Cut
from tui.core.stages import TOP_H, TOP_K, TOP_P
from tui.errors import RunError
from tui.sampling.chain import Chain, KeptSet
from tui.sampling.llama import keep_best
from tui.sampling.metrics import count, mass
from tui.sampling.scoring import BaseScores
from tui.sampling.stages import Stage, nucleus, nucleus_of_few, nucleus_size

FEW = 4096
"""Up to so many candidates, `topk` is faster than sorting a whole vocabulary."""


@dataclass(slots=True)
class Order:
    """Scores [1, V] and their ids in ascending order, from the sort call that transformers makes: *not* stable."""

    scores: Tensor
    ascending: Tensor

    @classmethod
    def of(cls, scores: Tensor) -> Order:
        """Sort `scores` as TopPLogitsWarper does."""
        return cls(scores, torch.sort(scores, descending=False)[1])


@dataclass(slots=True)
class ChainResult:
    """The scores after a chain, [1, V] float32 in id order, -inf where removed."""

    base: Tensor
    """The scores by which candidates are ranked, before temperature and cuts."""
    tempered: Tensor
    """The scores after the temperature, before any cut, wherever the temperature stands in the chain."""
    scores: Tensor
    """The scores after the whole chain."""
    kept_sets: list[KeptSet]
    order: Order | None = None
    """The order of the base scores, if it is known."""
    exact: bool = True
    """False if the choice among tokens tied at an edge is provisional (the counts are exact)."""

    def temper(self) -> None:
        """Apply the temperature to the scores of the tokens that are left."""
        if self.scores is self.base:
            self.scores = self.tempered
        else:
            self.scores = self.tempered.masked_fill(self.scores == -math.inf, -math.inf)

    def ascending(self) -> Tensor:
        """All ids [1, V], worst first; sorted once, if the order is not known yet."""
        if self.order is None:
            self.order = Order.of(self.base)
        return self.order.ascending

    def removed_by(self, tokens: Tensor) -> list[str]:
        """For each id in `tokens` [n], the first stage that removed it, or ''."""
        names = [""] * len(tokens)
        for kept_set in self.kept_sets:
            for index, keep in enumerate(kept_set.left[0, tokens].tolist()):
                # A forced token comes back although an earlier stage removed it.
                names[index] = "" if keep else names[index] or kept_set.stage
        return names


def apply_chain(
    chain: Chain, ids: Tensor, scored: BaseScores, order: Order | None = None, exact: bool = True
) -> ChainResult:
    """Run scores through cuts and temperature, in the chain's order.

    Without an `order` top-p sorts its scores. With the `order` of the base scores nothing is sorted, and the counts are
    exact. Only if top-p's edge falls inside a tie are the masked scores sorted again, to know *which* tokens stay: if
    `exact`, or if a later stage sums them. RunError if scores overflow.
    """
    tempered = scored.base
    if chain.temperature is not None:
        tempered = chain.temperature.apply(ids, tempered)
        _check_overflow(tempered, chain.temperature.value)
    applied = ChainResult(scored.base, tempered, scored.base, list(scored.kept_sets), order)
    for stage in chain.untempered:
        run_stage(applied, stage, ids, exact or stage is not chain.cutting[-1])
    applied.temper()
    for stage in chain.after:
        run_stage(applied, stage, ids, exact or stage is not chain.cutting[-1])
    return applied


def _check_overflow(scores: Tensor, value: float) -> None:
    if not math.isfinite(scores.amax().item()):
        raise RunError(
            f"temperature {value} is so small that scores overflow.", "Raise it, or use {--greedy} for the best token."
        )


def run_stage(applied: ChainResult, stage: Stage, ids: Tensor, exact: bool) -> None:
    """Run one stage besides the temperature; update `applied` with the scores, the kept set and a tie at its edge."""
    before = applied.scores
    if not stage.cuts:
        applied.scores = stage.apply(ids, before)
        return
    after, sorted_here = _cut(stage, ids, applied)
    kept_set = KeptSet.of(stage.name, after)
    if _may_tie(stage, kept_set.count):
        kept_set = replace(kept_set, tie=edge_tie(before, after))
    if kept_set.splits_tie and not sorted_here:
        if exact:
            after = stage.apply(ids, before)
            kept_set = replace(KeptSet.of(stage.name, after), tie=kept_set.tie)
        applied.exact = exact
    applied.scores = after
    applied.kept_sets.append(kept_set)


def _may_tie(stage: Stage, count: int) -> bool:
    """True if equal scores may stand at the stage's edge.

    Top-p and top-h cut by rank and can split equal scores, as do all of llama.cpp's cuts that keep a certain number.
    transformers' top-k cuts by value and keeps them all: more than k, then.
    """
    by_rank = stage.size is not None or stage.record in (TOP_P, TOP_H)
    return by_rank or (stage.record is TOP_K and count > int(stage.value))


def _cut(stage: Stage, ids: Tensor, applied: ChainResult) -> tuple[Tensor, bool]:
    """(scores after a cut, whether it is certain which of the tokens tied at its edge stay).

    Top-p needs sorted scores. The known order, or the few candidates that an earlier cut left, give them faster.
    """
    scores, kept_sets = applied.scores, applied.kept_sets
    if stage.size is not None:
        return keep_best(scores, stage.size(scores), applied.ascending), True
    # After a split tie the known order no longer sorts the scores: removed tokens stand among kept ones.
    if stage.record is not TOP_P or any(kept_set.splits_tie for kept_set in kept_sets):
        return stage.apply(ids, scores), True
    if applied.order is not None:
        return nucleus(scores, stage.value, applied.order.ascending), scores is applied.order.scores
    if kept_sets and kept_sets[-1].count <= FEW:
        return nucleus_of_few(scores, stage.value, kept_sets[-1].count), False
    return stage.apply(ids, scores), True


def _alone(stage: Stage, ids: Tensor, scores: Tensor, order: Order | None) -> int:
    """How many candidates of `scores` [1, V] a cut would keep if it were the only cut."""
    if stage.size is not None:
        return stage.size(scores)
    if stage.record is TOP_P:
        return nucleus_size(scores, stage.value, None if order is None else order.ascending)
    return count(stage.apply(ids, scores) > -math.inf)


def edge_tie(before: Tensor, after: Tensor) -> tuple[int, int] | None:
    """(size, kept) of the group of equal scores at a cut's edge; None if the last kept token's score is unique."""
    edge = torch.where(after > -math.inf, before, math.inf).amin()
    size = count(before == edge)
    return (size, count(after == edge)) if size > 1 else None


def describe_cuts(chain: Chain, applied: ChainResult, ids: Tensor, probabilities: Tensor) -> list[Cut]:
    """The cuts of a chain that has run, each alone and in the chain.

    `probabilities` [1, V] are those that a cut's mass sums: see `Chain.sums_tempered`.
    """
    stages = {stage.name: stage for stage in chain.cutting}
    first = next((kept_set.stage for kept_set in applied.kept_sets if kept_set.stage in stages), None)
    cuts = []
    for kept_set in applied.kept_sets:
        left = alone = kept_set.count
        stage = stages.get(kept_set.stage)
        if stage is not None and kept_set.stage != first:
            seen = applied.base if stage in chain.untempered else applied.tempered
            alone = _alone(stage, ids, seen, applied.order)
        kept_mass = mass(probabilities, kept_set.left)
        cuts.append(Cut(kept_set.stage, alone, left, kept_mass, _shown_tie(kept_set, stage)))
    return cuts


def _shown_tie(kept_set: KeptSet, stage: Stage | None) -> tuple[int, int] | None:
    """The kept set's tie if it is worth showing: the edge splits it, or it makes top-k keep more than k."""
    if kept_set.tie is None or stage is None:
        return None
    more_than_k = stage.record is TOP_K and stage.size is None
    return kept_set.tie if more_than_k or kept_set.splits_tie else None
