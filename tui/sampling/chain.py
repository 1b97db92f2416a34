"""The chain: which stages run, in which order, and what each does to the scores.

The order is data, so that another one can be used; the default is transformers' (`_get_logits_processor`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tui.core.candidates import Cut
from tui.core.settings import Settings, Value
from tui.core.stages import PENALTIES, SAMPLING, STAGES, TEMPERATURE, TOP_H, TOP_K, TOP_P
from tui.errors import RunError
from tui.sampling.draw import Noise
from tui.sampling.metrics import count, mass
from tui.sampling.stages import Apply, Stage, nucleus, nucleus_of_few, nucleus_size, own_stage

TRANSFORMERS_ORDER = (
    "sequence_bias",
    "encoder_repetition_penalty",
    *(stage.name for stage in PENALTIES),
    "encoder_no_repeat_ngram_size",
    "bad_words_ids",
    "min_length",
    "min_new_tokens",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "remove_invalid_values",
    "exponential_decay_length_penalty",
    "suppress_tokens",
    "begin_suppress_tokens",
    "custom",
    *(stage.name for stage in SAMPLING),
    "watermarking_config",
    "renormalize_logits",
)
"""Parameter names in the order generate() builds its processors; at `custom` it inserts the caller's processors."""

SAMPLING_ONLY = frozenset(stage.name for stage in SAMPLING)
"""Names of the stages that greedy decoding skips."""
NO_DRAW = Noise(seed=0, position=0)
"""The noise for chains in which no stage draws."""

FEW = 4096
"""Up to so many candidates, `topk` is faster than sorting a whole vocabulary."""


@dataclass(frozen=True, slots=True)
class Removal:
    """The candidates that one stage left."""

    stage: str
    left: Tensor
    """[1, V] bool: True for a candidate that is left."""
    count: int
    """How many candidates are left."""
    tie: tuple[int, int] | None = None
    """(size, kept) of the group of equal scores at the stage's edge; None if there is none."""

    @classmethod
    def of(cls, stage: str, scores: Tensor) -> Removal:
        """The removal after which `scores` [1, V] are left: the candidates above -inf."""
        left = scores > -math.inf
        return cls(stage, left, count(left))

    @property
    def splits_tie(self) -> bool:
        """True if some of the equal scores at the edge are kept and others are removed."""
        return self.tie is not None and self.tie[1] < self.tie[0]


@dataclass(frozen=True, slots=True)
class Chain:
    """The stages in force, in order: those `before` the temperature, the temperature, and those `after` it."""

    before: tuple[Stage, ...]
    temperature: Stage | None
    after: tuple[Stage, ...]
    greedy: bool = False


def build_chain(
    settings: Settings,
    model_processors: Mapping[str, Apply] | None = None,
    noise: Noise = NO_DRAW,
    order: tuple[str, ...] = TRANSFORMERS_ORDER,
) -> Chain:
    """The chain under `settings`; `model_processors` are the model's own stages, by parameter or class name."""
    model_processors = model_processors or {}
    values = {name: setting.value for name, setting in settings.items()}
    greedy = values.get("do_sample") is False
    names: list[str] = []
    for name in order:
        names += [other for other in model_processors if other not in order] if name == "custom" else [name]
    kept = [name for name in names if not (greedy and name in SAMPLING_ONLY)]
    in_force = [stage for name in kept if (stage := _stage(name, values, model_processors, noise)) is not None]
    before = [stage for stage in in_force if stage.name in names[: names.index(TEMPERATURE.name)]]
    after = in_force[len(before) :]
    temperature = after.pop(0) if after and after[0].record is TEMPERATURE else None
    return Chain(tuple(before), temperature, tuple(after), greedy)


def _stage(name: str, values: Mapping[str, Value], model_processors: Mapping[str, Apply], noise: Noise) -> Stage | None:
    """The stage of this name; None if it is off, or is neither samplescope's nor the model's."""
    if name not in STAGES:
        return Stage(name, _on_a_copy(model_processors[name])) if name in model_processors else None
    record = STAGES[name]
    if not record.acts(values):
        return None
    return own_stage(record, {one.name: float(values[one.name] or 0) for one in record.parameters}, noise)


def _on_a_copy(processor: Apply) -> Apply:
    """A processor that gets a copy of the scores: in generate() it may write in place, but here logits are cached."""
    return lambda ids, scores: processor(ids, scores.clone())


@dataclass(slots=True)
class Scored:
    """The scores after the stages before the temperature: the ranking is by these."""

    base: Tensor
    """[1, V] float32 in id order."""
    removals: tuple[Removal, ...]
    """The removals of those stages, in chain order."""


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
class Applied:
    """The scores after a chain, [1, V] float32 in id order, -inf where removed."""

    tempered: Tensor
    """The scores after the temperature, before any cut."""
    scores: Tensor
    """The scores after the whole chain."""
    removals: list[Removal]
    order: Order | None = None
    """The order of the base scores, if it is known."""
    exact: bool = True
    """False if the choice among tokens tied at an edge is provisional (the counts are exact)."""

    def removed_by(self, tokens: Tensor) -> list[str]:
        """For each id in `tokens` [n], the first stage that removed it, or ''."""
        names = [""] * len(tokens)
        for removal in self.removals:
            for index, keep in enumerate(removal.left[0, tokens].tolist()):
                # A forced token comes back although an earlier stage removed it.
                names[index] = "" if keep else names[index] or removal.stage
        return names


def score(chain: Chain, ids: Tensor, logits: Tensor) -> Scored:
    """Run logits [V] after `ids` [1, n] through the stages before the temperature.

    RunError if these stages leave no token.
    """
    scores = logits[None]
    removals = _removal("model", scores, ())
    for stage in chain.before:
        scores = stage.apply(ids, scores)
        removals += _removal(stage.name, scores, removals)
    if removals and scores.amax().item() == -math.inf:
        raise RunError(f"{removals[-1].stage} leaves no token to draw.", "Turn it off.")
    return Scored(scores, removals)


def _removal(stage: str, scores: Tensor, before: tuple[Removal, ...]) -> tuple[Removal, ...]:
    """This stage's removal as a tuple of one, or () if the stage removed nothing."""
    if scores.amin().item() > -math.inf:
        return ()
    removal = Removal.of(stage, scores)
    return () if before and torch.equal(removal.left, before[-1].left) else (removal,)


def apply_chain(chain: Chain, ids: Tensor, scored: Scored, order: Order | None = None, exact: bool = True) -> Applied:
    """Run scores through temperature and cuts.

    Without an `order` top-p sorts its scores. With the `order` of the base scores nothing is sorted, and the counts are
    exact. Only if top-p's edge falls inside a tie are the masked scores sorted again, to know *which* tokens stay: if
    `exact`, or if a later stage sums them. RunError if scores overflow.
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
            f"temperature {value} is so small that scores overflow.", "Raise it, or use --greedy for the best token."
        )


def apply_after(applied: Applied, stage: Stage, ids: Tensor, exact: bool) -> None:
    """Run one stage after the temperature; update `applied` with the scores, the removal and a tie at its edge."""
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
    """True if equal scores may stand at the stage's edge.

    Top-p and top-h cut by rank and can split equal scores. Top-k cuts by value and keeps them all: more than k, then.
    """
    return stage.record in (TOP_P, TOP_H) or (stage.record is TOP_K and count > int(stage.value))


def _cut(stage: Stage, ids: Tensor, applied: Applied) -> tuple[Tensor, bool]:
    """(scores after a cut, whether it is certain which of the tokens tied at its edge stay).

    Top-p needs sorted scores. The known order, or the few candidates that an earlier cut left, give them faster.
    """
    scores, removals = applied.scores, applied.removals
    # After a split tie the known order no longer sorts the scores: removed tokens stand among kept ones.
    if stage.record is not TOP_P or any(removal.splits_tie for removal in removals):
        return stage.apply(ids, scores), True
    if applied.order is not None:
        return nucleus(scores, stage.value, applied.order.ascending), scores is applied.order.scores
    if removals and removals[-1].count <= FEW:
        return nucleus_of_few(scores, stage.value, removals[-1].count), False
    return stage.apply(ids, scores), True


def _alone(stage: Stage, ids: Tensor, applied: Applied) -> int:
    """How many candidates a cut would keep if it were the only cut."""
    if stage.record is TOP_P:
        order = applied.order
        return nucleus_size(applied.tempered, stage.value, None if order is None else order.ascending)
    return count(stage.apply(ids, applied.tempered) > -math.inf)


def edge_tie(before: Tensor, after: Tensor) -> tuple[int, int] | None:
    """(size, kept) of the group of equal scores at a cut's edge; None if the last kept token's score is unique."""
    edge = torch.where(after > -math.inf, before, math.inf).amin()
    size = count(before == edge)
    return (size, count(after == edge)) if size > 1 else None


def describe_cuts(chain: Chain, applied: Applied, ids: Tensor, probabilities: Tensor) -> list[Cut]:
    """The cuts of a chain that has run, each alone and in the chain; `probabilities` [1, V] are the tempered ones."""
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
    """The removal's tie if it is worth showing: the edge splits it, or it makes top-k keep more than k."""
    if removal.tie is None or stage is None:
        return None
    return removal.tie if stage.record is TOP_K or removal.splits_tie else None
