"""A sweep as plain data: which parameters take which values, the settings that this makes, and what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from math import prod

import msgspec

from tui.core.parameters import Parameter
from tui.core.records import Record, settings_record
from tui.core.settings import DEFAULT_SEED, Given, Settings, Value, normalise
from tui.core.stages import PARAMETERS, SAMPLING_PARAMETERS, SEED
from tui.errors import InputError

Grid = dict[str, list[Value]]
"""A parameter → the values it takes. The settings are the product, the last parameter's values changing fastest."""

MOST_SETTINGS = 10_000
OFF_WORD = "off"
"""What a grid says for a parameter's off value, where that is no number."""


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """What one sweep measures; as plain data, the parameters of a `Job` of kind `sweep`."""

    at: int
    """A node; the prompt that it belongs to is continued."""
    grid: Grid = {}
    given: Given = {}
    """The settings that are the same everywhere."""
    seed: int = DEFAULT_SEED
    """Of the first continuation; each next one has the next seed, under every setting alike."""
    samples: int = 32
    """How many continuations each setting has."""
    batch: int | None = None
    """How many of them are rows of one batch; None: as many as fit."""
    texts: bool = True
    """Report the continuations' texts."""
    finished: int = 0
    """How many settings of the grid are done already: a sweep that was stopped goes on after them."""

    def settings(self) -> Iterator[Given]:
        """Each setting of the grid, with what is the same everywhere."""
        for values in product(*self.grid.values()):
            yield self.given | dict(zip(self.grid, values, strict=True))

    def __len__(self) -> int:
        return prod(map(len, self.grid.values()))


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What one setting gave; the measures are defined in `experiments/metrics.py`. NaN is not known."""

    number: int
    """Its place in the grid, from 0."""
    settings: Settings
    mean_logprob: float
    """Accuracy: the mean of ln p under the raw model, in nats."""
    perplexity: float
    distinct_1: float
    """Diversity: different n-grams a token, of one, two and three tokens."""
    distinct_2: float
    distinct_3: float
    self_bleu_4: float
    """How alike the texts are, 0 to 1; NaN without sacrebleu."""
    repetition_4: float
    """The share of 4-grams that their own text has had before."""
    looping: float
    """The share of texts that end in a loop."""
    entropy_bits: float
    """The mean entropy of the raw distributions that the tokens were drawn from."""
    samples: int
    tokens: int
    """Of all continuations together."""
    seed: int
    """The first continuation's."""
    texts: list[str] = []

    def record(self, *, texts: bool) -> Record:
        """This as one line of `samplescope sweep --json`."""
        numbers = {name: getattr(self, name) for name in (*MEASURES, "samples", "tokens", "seed")}
        record = {"type": "setting", "settings": settings_record(self.settings), **numbers}
        return record | ({"texts": self.texts} if texts else {})


MEASURES = (
    "mean_logprob", "perplexity", "distinct_1", "distinct_2", "distinct_3", "self_bleu_4", "repetition_4", "looping",
    "entropy_bits",
)  # fmt: skip
"""The measures of a setting, in the order of every output."""


def parse_grid(texts: Iterable[str]) -> Grid:
    """The grid of `name=value,value…` texts; InputError for one that is no grid."""
    grid: Grid = {}
    for text in texts:
        name, equals, values = text.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not values.strip():
            raise InputError(f"{{--grid}} {text!r} has no values.", "For example {--grid temperature=0.5,1,2}.")
        if name in grid:
            raise InputError(f"{{--grid}} names {name} twice.", "Give all its values in one grid.")
        grid[name] = [_value(_parameter(name), value.strip()) for value in values.split(",")]
    return grid


def check(sweep: Sweep) -> None:
    """InputError unless this sweep can be run: values in range, none twice, a grid that is no endless work."""
    _check_counts(sweep)
    for name, values in sweep.grid.items():
        _parameter(name)
        if not values:
            raise InputError(f"The grid has no values for {name}.")
        if (again := _repeated(values)) is not None:
            raise InputError(f"The grid has {name}={again[0]} twice.")
        for value in values:
            normalise({name: value})
        if name in sweep.given:
            raise InputError(f"{name} has one value and a grid too.", "Leave one of the two out.")
        if sweep.given.get("do_sample") is False and name in SAMPLING_PARAMETERS:
            raise InputError(f"Greedy decoding does not use {name}: all settings would be the same.")


def _check_counts(sweep: Sweep) -> None:
    for name, number in (("samples", sweep.samples), ("batch", sweep.batch)):
        if number is not None and number < 1:
            raise InputError(f"{{--{name}}} must be 1 or more, not {number}.")
    SEED.check(sweep.seed)
    SEED.check(sweep.seed + sweep.samples - 1)
    if len(sweep) > MOST_SETTINGS:
        raise InputError(f"The grid makes {len(sweep):,} settings; {MOST_SETTINGS:,} at most.")
    if not 0 <= sweep.finished <= len(sweep):
        raise InputError(f"{sweep.finished} settings cannot be done of {len(sweep)}.")


def _parameter(name: str) -> Parameter:
    if name not in PARAMETERS:
        raise InputError(f"There is no parameter {name!r} to make a grid of.", f"Known: {', '.join(PARAMETERS)}.")
    return PARAMETERS[name]


def _value(parameter: Parameter, text: str) -> Value:
    if text == OFF_WORD:
        return parameter.off
    try:
        number = int(text) if parameter.integer else float(text)
    except ValueError:
        what = "whole number" if parameter.integer else "number"
        raise InputError(f"{{--grid}} {parameter.name}: {text!r} is no {what}.") from None
    return parameter.normalise(number)


def _repeated(values: list[Value]) -> tuple[Value] | None:
    """The first value that the list has twice, in a tuple, since it may be None."""
    return next(((value,) for index, value in enumerate(values) if value in values[:index]), None)


def varied(grid: Mapping[str, list[Value]]) -> list[str]:
    """The parameters of a grid that take more than one value; all of them if none does."""
    return [name for name, values in grid.items() if len(values) > 1] or list(grid)
