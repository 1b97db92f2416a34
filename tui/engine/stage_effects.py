"""What each stage of the chain does to one step: how many candidates it gets and leaves, and the entropy afterwards."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from tui.core.candidates import Span
from tui.core.stages import TEMPERATURE
from tui.engine.decide import GREEDY, Distribution
from tui.engine.head_chain import only
from tui.engine.heads import HeadDistribution
from tui.sampling.bounds import Head, apply_temperature, entropy_span
from tui.sampling.chain import Chain
from tui.sampling.head_cuts import Prefix
from tui.sampling.metrics import count, entropy_bits, mass
from tui.sampling.stages import REMOVED, Stage

LOGITS = "logits"
"""The name of the first entry, in the place of a stage: the model's own distribution."""


class StageEffect(NamedTuple):
    """What one stage does. A number that a server's head does not decide is NaN."""

    stage: str
    before: float
    """How many candidates the stages before it left."""
    after: float
    removed: float
    """The probability of the candidates that it removes, in the distribution that it gets."""
    entropy: float
    """Entropy of the distribution that it leaves, in bits."""


def stage_effects(dist: Distribution) -> list[StageEffect]:
    """The model's own distribution, then every stage in force, in the order of the chain; greedy decoding last."""
    effects = list(_of_head(dist) if isinstance(dist, HeadDistribution) else _of_whole(dist))
    return [*effects, _greedy(dist, effects[-1])] if dist.chain.greedy else effects


def _own(dist: Distribution) -> StageEffect:
    return StageEffect(LOGITS, dist.logits.shape[0], count(dist.logits != REMOVED), 0.0, dist.raw_entropy)


def _greedy(dist: Distribution, last: StageEffect) -> StageEffect:
    """Greedy decoding, which leaves the best candidate."""
    removed = math.nan if dist.undecided is not None else 1.0 - dist.kept_mass
    return StageEffect(GREEDY, last.after, 1, removed, 0.0)


def _after_penalties(chain: Chain) -> tuple[Stage, ...]:
    """The temperature and all cuts, in the order of the chain."""
    return (*chain.untempered, *filter(None, [chain.temperature]), *chain.after)


def _of_whole(dist: Distribution) -> Iterator[StageEffect]:
    yield _own(dist)
    yield from _on_scores(dist, dist.logits[None], (*dist.chain.before, *_after_penalties(dist.chain)))


def _on_scores(dist: Distribution, scores: Tensor, stages: Sequence[Stage]) -> Iterator[StageEffect]:
    """The effects of stages that run on known scores [1, V], one after the other.

    No cut runs again: its kept set says which of several equal tokens it has kept.
    """
    kept_sets = {kept_set.stage: kept_set for kept_set in dist.applied.kept_sets}
    probabilities, before = torch.softmax(scores, dim=-1), count(scores != REMOVED)
    for stage in stages:
        cut = kept_sets[stage.name] if stage.cuts else None
        scores = stage.apply(dist.ids, scores) if cut is None else scores.masked_fill(~cut.left, REMOVED)
        left = scores != REMOVED
        removed = mass(probabilities, ~left)
        probabilities = torch.softmax(scores, dim=-1)
        yield StageEffect(stage.name, before, after := count(left), removed, entropy_bits(probabilities))
        before = after


# -- a server's head ---------------------------------------------------------------------------------------------------


def _of_head(dist: HeadDistribution) -> Iterator[StageEffect]:
    """By bounds up to the stage that decides the kept set, and by the scores of the kept tokens from there on."""
    yield _own(dist)
    yield from _penalties(dist)
    stages, untempered = _after_penalties(dist.chain), len(dist.chain.untempered)
    bounds, left = {stage.name: left for stage, left in dist.steps}, Prefix.whole(dist.untempered)
    for number, stage in enumerate(stages):
        if left.decided:
            scores = dist.applied.base if number <= untempered else dist.applied.tempered
            yield from _on_scores(dist, only(scores, dist.head.tokens[: left.most]), stages[number:])
            return
        heats = stage.record is TEMPERATURE
        after = replace(left, weights=dist.weights) if heats else bounds[stage.name]
        removed = 0.0 if heats else _removed_between(left, after)
        entropy = after.entropy.value if after.ordered else math.nan
        yield StageEffect(stage.name, _count_of(left), _count_of(after), removed, entropy)
        left = after


def _count_of(left: Prefix) -> float:
    return math.nan if left.count is None else left.count


def _removed_between(before: Prefix, after: Prefix) -> float:
    """The share of `before` that is not in `after`, of the same weights; NaN where it is not certain."""
    if not (before.ordered and after.ordered):
        return math.nan
    had, has = before.share, after.share
    return 1.0 - Span(has.low / had.high, min(1.0, has.high / had.low)).value


def _penalties(dist: HeadDistribution) -> Iterator[StageEffect]:
    """The effects of the stages before the temperature: the chain is run up to each of them."""
    head, left = dist.server_head, dist.logits[None] != REMOVED
    for number, stage in enumerate(dist.chain.before, 1):
        chain = replace(dist.chain, before=dist.chain.before[:number])
        after, kept_sets = dist.server_head.penalised(chain, dist.ids, dist.logits)
        kept = kept_sets[-1].left if kept_sets else left
        removed = _removed_from(head, left & ~kept, dist.ids)
        entropy = entropy_span(apply_temperature(after, None, dist.ids)).value
        yield StageEffect(stage.name, count(left), count(kept), removed, entropy)
        head, left = after, kept


def _removed_from(head: Head, gone: Tensor, ids: Tensor) -> float:
    """The probability of the tokens that the mask `gone` [1, V] selects; NaN if one of them has no rank."""
    ranked = gone[0, head.tokens]
    if count(ranked) < count(gone):
        return math.nan
    weights = apply_temperature(head, None, ids)
    return weights.share(float(weights.values[ranked].sum())).value
