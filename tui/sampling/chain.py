"""The chain: which stages run, and in which order.

The order is data, and one of the settings (`tui.core.order`); the default is transformers' (`_get_logits_processor`).
The model's own stages keep their places in transformers' order: before the temperature and the cuts, or at the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor

from tui.core.order import LLAMA_CPP, stage_order
from tui.core.settings import Settings, Value, order_in_force, sums_tempered
from tui.core.stages import PENALTIES, SAMPLING, STAGES, TEMPERATURE
from tui.sampling.draw import Noise
from tui.sampling.metrics import count
from tui.sampling.stages import Apply, Stage, llama_stage, own_stage

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
"""Parameter names in the order generate() builds its processors; at `custom` it inserts the caller's processors.

In another order the names of samplescope's own stages change places.
"""

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
    """The stages in force, in order: those that decide the ranking, cuts, the temperature, and more cuts."""

    before: tuple[Stage, ...]
    """Penalties and the model's own stages: they decide the ranking."""
    temperature: Stage | None
    after: tuple[Stage, ...]
    """The stages after the temperature."""
    greedy: bool = False
    untempered: tuple[Stage, ...] = ()
    """The cuts before the temperature: it does not change what they keep. None in transformers' order."""
    sums_tempered: bool = True
    """As `tui.core.settings.sums_tempered`: which probabilities are summed, so that a sum shows where top-p cuts."""

    @property
    def cutting(self) -> tuple[Stage, ...]:
        """The stages that `apply_chain` runs, but for the temperature."""
        return (*self.untempered, *self.after)


def build_chain(
    settings: Settings,
    model_processors: Mapping[str, Apply] | None = None,
    noise: Noise = NO_DRAW,
) -> Chain:
    """The chain under `settings`; `model_processors` are the model's own stages, by parameter or class name."""
    build = _Builder(settings, model_processors or {}, noise)
    first = next(place for place, name in enumerate(build.names) if name in SAMPLING_ONLY)
    middle = build.names.index(TEMPERATURE.name)
    return Chain(
        before=build.stages(build.names[:first]),
        untempered=build.stages(build.names[first:middle]),
        temperature=next(iter(build.stages([TEMPERATURE.name])), None),
        after=build.stages(build.names[middle + 1 :]),
        greedy=build.greedy,
        sums_tempered=sums_tempered(settings),
    )


class _Builder:
    """Makes the stages of one chain."""

    def __init__(self, settings: Settings, model_processors: Mapping[str, Apply], noise: Noise) -> None:
        self._values: Mapping[str, Value] = {name: setting.value for name, setting in settings.items()}
        self._model_processors, self._noise = model_processors, noise
        order = order_in_force(settings)
        self._own = llama_stage if order == LLAMA_CPP else own_stage
        self.names = _all_names(order, model_processors)
        """Every stage's name in order, in force or not."""
        self.greedy = self._values.get("do_sample") is False

    def stages(self, names: Iterable[str]) -> tuple[Stage, ...]:
        """Those of the named stages that are in force."""
        kept = (name for name in names if not (self.greedy and name in SAMPLING_ONLY))
        return tuple(stage for name in kept if (stage := self._stage(name)) is not None)

    def _stage(self, name: str) -> Stage | None:
        """The stage of this name; None if it is off, or is neither samplescope's nor the model's."""
        if name not in STAGES:
            processor = self._model_processors.get(name)
            return None if processor is None else Stage(name, _on_a_copy(processor))
        record = STAGES[name]
        if not record.acts(self._values):
            return None
        return self._own(
            record, {one.name: float(self._values[one.name] or 0) for one in record.parameters}, self._noise
        )


def _all_names(order: str, model_processors: Iterable[str]) -> list[str]:
    """The names of all stages in this order, the model's own included."""
    following = iter(stage_order(order))
    names: list[str] = []
    for name in TRANSFORMERS_ORDER:
        if name == "custom":
            names += [other for other in model_processors if other not in TRANSFORMERS_ORDER]
        else:
            names.append(next(following) if name in STAGES else name)
    return names


def _on_a_copy(processor: Apply) -> Apply:
    """A processor that gets a copy of the scores: in generate() it may write in place, but here logits are cached."""
    return lambda ids, scores: processor(ids, scores.clone())
