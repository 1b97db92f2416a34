"""The types that describe a parameter and a stage; the records themselves are in `stages.py`."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from tui.errors import InputError


@dataclass(frozen=True, slots=True)
class Track:
    """A slider's ends and step. On a logarithmic track the step is a fraction of the power of ten below the value."""

    low: float
    high: float
    step: float
    log: bool = False
    zero: bool = False
    """True if the slider has a stop for 0 left of `low`."""
    to_vocabulary: bool = False
    """True if the right end is the size of the model's vocabulary; until a model is open it is `high`."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number a person can set: its range, the value at which it does nothing, and its name in each program."""

    name: str
    """Its name in transformers."""
    off: float | None
    """The value at which it does nothing."""
    low: float
    high: float = math.inf
    integer: bool = False
    open_low: bool = False
    open_high: bool = False
    hint: str = ""
    """What to do instead when a value is refused, in one sentence for a person."""
    label: str = ""
    """Its name on screen."""
    symbol: str = ""
    """A short form for where the label is too long; '' if it has none."""
    help: str = ""
    """Its effect, in one sentence."""
    acts: tuple[float, float] | None = None
    """transformers applies it only between these two values, both excluded; None: at every value but `off`."""
    factor: bool = False
    """True if scores are multiplied or divided by it: its `off` is shown as the number 1, not as the word off."""
    unasked: float | None = None
    """Its default, if that is not `off`: transformers' default, or samplescope's where transformers lacks it."""
    transformers: bool = True
    """False if generate() has no such parameter."""
    vllm: str = ""
    """Its name in vLLM's SamplingParams; '' if vLLM has none."""
    llama: str = ""
    """Its name in a llama.cpp request; '' if llama.cpp has none."""
    track: Track | None = None
    """Its slider's track; None if it has no slider."""

    @property
    def flag(self) -> str:
        """Its command-line option: `--top-p` for `top_p`."""
        return "--" + self.name.replace("_", "-")

    @property
    def default(self) -> float | None:
        """The value in force when nobody has set one."""
        return self.off if self.unasked is None else self.unasked

    def is_off(self, value: object) -> bool:
        """True if transformers leaves the scores unchanged at this value; at None too."""
        if not isinstance(value, int | float):
            return True
        return value == self.off if self.acts is None else not self.acts[0] < value < self.acts[1]

    def check(self, value: object) -> None:
        """Raise InputError unless `value` is in range. None is allowed where `off` is None or 0."""
        if value is None and self.off in (None, 0):
            return
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
        if not self._inside(number) or (self.integer and number != int(number)):
            raise InputError(f"{{{self.flag}}} must be {self.range_text()}, not {value}.", self.hint)

    def normalise(self, value: object) -> float | None:
        """Check `value` and convert it to the type transformers wants: it refuses `temperature=2`, an int."""
        self.check(value)
        if not isinstance(value, int | float):
            return None
        return int(value) if self.integer else float(value)

    def _inside(self, value: float) -> bool:
        # Not converted to float before comparing: as floats, 2**64 and 2**64 - 1 are equal.
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        return above and below and abs(value) <= sys.float_info.max

    def range_text(self) -> str:
        """The range in words: `a whole number, 0 or more`, `above 0 and at most 1`."""
        least, most = (str(bound) if isinstance(bound, int) else f"{bound:g}" for bound in (self.low, self.high))
        low = f"above {least}" if self.open_low else f"{least} or more"
        if self.high == math.inf:
            return f"a whole number, {low}" if self.integer else low
        high = f"below {most}" if self.open_high else f"at most {most}"
        return f"{'a whole number, ' if self.integer else ''}{low} and {high}"


class Kind(Enum):
    """What a stage does to the scores."""

    PENALTY = auto()
    """Changes some scores, hence the ranking. It comes before the temperature and applies to greedy decoding too."""
    TEMPERATURE = auto()
    """Divides all scores, and keeps their order."""
    CUT = auto()
    """Removes candidates. It comes after the temperature."""


@dataclass(frozen=True, slots=True)
class StageRecord:
    """One stage of the chain: its parameters, its kind, and the properties that the rest of the program relies on."""

    name: str
    kind: Kind
    parameters: tuple[Parameter, ...]
    label: str
    """Its short name, shown beside a candidate that it removed."""
    prefix: bool = True
    """True if it removes from the bottom of the ranking only, so that a number says what it keeps."""
    signs: bool = False
    """True if its effect depends on the sign of a logit, which a log-probability does not have."""
    llama: str = ""
    """Its name among llama.cpp's `samplers`; '' if llama.cpp has none."""

    def acts(self, values: Mapping[str, object]) -> bool:
        """True if the stage is in force under `values`, by parameter name: one parameter that is off disables it."""
        return not any(parameter.is_off(values.get(parameter.name)) for parameter in self.parameters)

    @property
    def symbol(self) -> str:
        """The short form of the first parameter that has one, else the label."""
        return next((parameter.symbol for parameter in self.parameters if parameter.symbol), self.label)
