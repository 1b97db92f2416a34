"""Temperature and cuts: scores through the rest of the chain, and what each cut does to them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tui.core.candidates import Cut
from tui.core.stages import TOP_H, TOP_K, TOP_P
from tui.errors import RunError
from tui.sampling.chain import Chain, Removal
from tui.sampling.metrics import count, mass
from tui.sampling.scoring import Scored
from tui.sampling.stages import Stage, nucleus, nucleus_of_few, nucleus_size

FEW = 4096
"""Up to so many candidates are found sooner than a whole vocabulary is sorted."""


@dataclass(slots=True)
class Order:
    """Scores [1, V] and their order, from transformers' own call: ascending and *not* stable."""

    scores: Tensor
    ascending: Tensor

    @classmethod
    def of(cls, scores: Tensor) -> Order:
        """Sort `scores` as TopPLogitsWarper does."""
        return cls(scores, torch.sort(scores, descending=False)[1])


@dataclass(slots=True)
class Applied:
    """Logits after their chain. Scores are [1, V] float32 in id order, -inf where removed."""

    tempered: Tensor
    """After temperature, before anything is cut."""
    scores: Tensor
    """After the whole chain."""
    removals: list[Removal]
    order: Order | None = None
    exact: bool = True
    """False if which of the tokens tied at an edge stay is provisional (the counts are exact)."""

    def removed_by(self, tokens: Tensor) -> list[str]:
        """For each id in `tokens` [n], the first stage that removed it, or ''."""
        names = [""] * len(tokens)
        for removal in self.removals:
            for index, keep in enumerate(removal.left[0, tokens].tolist()):
                # A forced token comes back although an earlier stage removed it.
                names[index] = "" if keep else names[index] or removal.stage
        return names


def apply_chain(chain: Chain, ids: Tensor, scored: Scored, order: Order | None = None, exact: bool = True) -> Applied:
    """Run scores through temperature and cuts.

    Without an `order` top-p sorts what it is given. With that of the base scores nothing need be sorted: counts are
    exact, and only where top-p's edge falls inside a tie must the masked scores be sorted again to know *which* stay:
    with `exact`, or if a later stage sums them. RunError if scores overflow.
    """
    tempered = scored.base
    if chain.temperature is not None:
        tempered = chain.temperature.apply(ids, tempered)
        _check_overflow(tempered, chain.temperature.value)
    applied = Applied(tempered, tempered, list(scored.removals), order)
    for stage in chain.after:
        apply_after(applied, stage, ids, exact or stage is not chain.after[-1])
    return applied


def _check_overflow(scores: Tensor, value: float) -> None:
    if not math.isfinite(scores.amax().item()):
        raise RunError(
            f"temperature {value} is so small that scores overflow.", "Raise it, or use {greedy} for the best token."
        )


def apply_after(applied: Applied, stage: Stage, ids: Tensor, exact: bool) -> None:
    """Run one stage after the temperature, noting what it left and where its edge fell inside a tie."""
    before = applied.scores
    if not stage.cuts:
        applied.scores = stage.apply(ids, before)
        return
    after, sorted_here = _cut(stage, ids, applied)
    removal = Removal.of(stage.name, after)
    if _may_tie(stage, removal.count):
        removal = replace(removal, tie=edge_tie(before, after))
    if removal.splits_tie and not sorted_here:
        if exact:
            after = stage.apply(ids, before)
            removal = replace(Removal.of(stage.name, after), tie=removal.tie)
        applied.exact = exact
    applied.scores = after
    applied.removals.append(removal)


def _may_tie(stage: Stage, count: int) -> bool:
    """A cut by place can fall among equals; a cut by value keeps or removes them all, so that top-k may keep more."""
    return stage.record in (TOP_P, TOP_H) or (stage.record is TOP_K and count > int(stage.value))


def _cut(stage: Stage, ids: Tensor, applied: Applied) -> tuple[Tensor, bool]:
    """What a cut leaves of the scores so far, and whether it is certain which of the tokens tied at its edge stay.

    Top-p needs sorted scores. They are had sooner from the known order, and from the few that an earlier cut left.
    """
    scores, removals = applied.scores, applied.removals
    # A tie split already is out of order: what was removed stands among what was not.
    if stage.record is not TOP_P or any(removal.splits_tie for removal in removals):
        return stage.apply(ids, scores), True
    if applied.order is not None:
        return nucleus(scores, stage.value, applied.order.ascending), scores is applied.order.scores
    if removals and removals[-1].count <= FEW:
        return nucleus_of_few(scores, stage.value, removals[-1].count), False
    return stage.apply(ids, scores), True


def _alone(stage: Stage, ids: Tensor, applied: Applied) -> int:
    """How many candidates a cut would keep if it were the only one."""
    if stage.record is TOP_P:
        order = applied.order
        return nucleus_size(applied.tempered, stage.value, None if order is None else order.ascending)
    return count(stage.apply(ids, applied.tempered) > -math.inf)


def edge_tie(before: Tensor, after: Tensor) -> tuple[int, int] | None:
    """(size, kept) of the group of equal scores at a cut's edge, or None if no token shares the edge's score."""
    edge = torch.where(after > -math.inf, before, math.inf).amin()
    size = count(before == edge)
    return (size, count(after == edge)) if size > 1 else None


def describe_cuts(chain: Chain, applied: Applied, ids: Tensor, probabilities: Tensor) -> list[Cut]:
    """What each removing stage does, alone and in the chain; `probabilities` [1, V] are the tempered ones."""
    stages = {stage.name: stage for stage in chain.after}
    first = next((removal.stage for removal in applied.removals if removal.stage in stages), None)
    cuts = []
    for removal in applied.removals:
        left = alone = removal.count
        stage = stages.get(removal.stage)
        if stage is not None and removal.stage != first:
            alone = _alone(stage, ids, applied)
        kept_mass = mass(probabilities, removal.left)
        cuts.append(Cut(removal.stage, alone, left, kept_mass, _shown_tie(removal, stage)))
    return cuts


def _shown_tie(removal: Removal, stage: Stage | None) -> tuple[int, int] | None:
    """A tie worth telling: one the edge splits, or one that makes top-k keep more than k."""
    if removal.tie is None or stage is None:
        return None
    return removal.tie if stage.record is TOP_K or removal.splits_tie else None
