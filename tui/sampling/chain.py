"""The chain: which stages run, and in which order.

The order is data, so that another one can follow; the default is transformers' (`_get_logits_processor`).
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
"""Parameter names in the order generate() builds its processors; `custom` is where a caller's own go."""

SAMPLING_ONLY = frozenset(stage.name for stage in SAMPLING)
"""What greedy decoding leaves out."""
NO_DRAW = Noise(seed=0, position=0)
"""Where no stage draws."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What one stage left: [1, V] bool, how many, and (size, kept) of equal scores at its edge."""

    stage: str
    left: Tensor
    count: int
    tie: tuple[int, int] | None = None

    @classmethod
    def of(cls, stage: str, scores: Tensor) -> Removal:
        """What is not -inf in `scores` [1, V] is left, NaN too: a later stage may make a number of it."""
        left = scores != -math.inf
        return cls(stage, left, count(left))

    @property
    def splits_tie(self) -> bool:
        """True if some of the equal scores at its edge stay and others do not."""
        return self.tie is not None and self.tie[1] < self.tie[0]


@dataclass(frozen=True, slots=True)
class Chain:
    """Stages in order: `before` the temperature, the temperature, and those `after` it."""

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
    """The stages in force under `settings`; `model_processors` are the model's own, by parameter or class name."""
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
    heat = after.pop(0) if after and after[0].record is TEMPERATURE else None
    return Chain(tuple(before), heat, tuple(after), greedy)


def _stage(name: str, values: Mapping[str, Value], model_processors: Mapping[str, Apply], noise: Noise) -> Stage | None:
    """The stage of this name, None if it is off or not there at all."""
    if name not in STAGES:
        return Stage(name, _on_a_copy(model_processors[name])) if name in model_processors else None
    record = STAGES[name]
    if not record.acts(values):
        return None
    return own_stage(record, {one.name: float(values[one.name] or 0) for one in record.parameters}, noise)


def _on_a_copy(processor: Apply) -> Apply:
    """A processor may write in place, as it may in generate(); logits are kept."""
    return lambda ids, scores: processor(ids, scores.clone())
