"""The chain: which stages run, and in which order.

The order is data, so that another one can be used; the default is transformers' (`_get_logits_processor`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from tui.core.settings import Settings, Value
from tui.core.stages import PENALTIES, SAMPLING, STAGES, TEMPERATURE
from tui.sampling.draw import Noise
from tui.sampling.metrics import count
from tui.sampling.stages import Apply, Stage, own_stage

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


@dataclass(frozen=True, slots=True)
class KeptSet:
    """What survives a stage."""

    stage: str
    left: Tensor
    """[1, V] bool: True for a survivor, False for a removed candidate."""
    count: int
    """How many candidates are left."""
    tie: tuple[int, int] | None = None
    """(size, kept) of the group of equal scores at the stage's edge; None if there is none."""

    @classmethod
    def of(cls, stage: str, scores: Tensor) -> KeptSet:
        """The candidates whose `scores` [1, V] are not -inf; NaN counts, for a later stage may repair it."""
        left = scores != -math.inf
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
