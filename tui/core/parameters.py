"""What a record of a parameter and of a stage holds; the records themselves are in `stages.py`."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from tui.errors import InputError


@dataclass(frozen=True, slots=True)
class Track:
    """A slider's ends and steps; on a logarithmic track a step is a fraction of the power of ten below the value."""

    low: float
    high: float
    step: float
    log: bool = False
    zero: bool = False
    """A place for 0 left of `low`."""
    to_vocabulary: bool = False
    """The model's vocabulary is the right end; `high` stands in for it until a model is open."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number a person can set: its range, the value at which it does nothing, and what it is called where."""

    name: str
    """transformers' own."""
    off: float | None
    low: float
    high: float = math.inf
    integer: bool = False
    open_low: bool = False
    open_high: bool = False
    hint: str = ""
    """What to do instead, where a value is refused."""
    label: str = ""
    """What a person calls it."""
    symbol: str = ""
    """A letter for where the label is too long; '' if it has none."""
    help: str = ""
    """What it does, in one sentence."""
    acts: tuple[float, float] | None = None
    """Between which values, both excluded, transformers applies it; None: at every value but `off`."""
    factor: bool = False
    """True if `off` is a number like any other (times 1), and no word."""
    unasked: float | None = None
    """In force where nobody asks for anything, if that is not `off`: transformers' default, ours for what it lacks."""
    transformers: bool = True
    """False if generate() has no such parameter."""
    vllm: str = ""
    """Its name in vLLM's SamplingParams; '' if vLLM has none."""
    llama: str = ""
    """Its name in a llama.cpp request; '' if llama.cpp has none."""
    track: Track | None = None
    """Its slider's, if it has one."""

    @property
    def flag(self) -> str:
        """The command line's spelling."""
        return "--" + self.name.replace("_", "-")

    @property
    def default(self) -> float | None:
        """In force where nobody asks for anything."""
        return self.off if self.unasked is None else self.unasked

    def is_off(self, value: float | None) -> bool:
        """True if this value leaves the scores alone, as transformers decides it."""
        if value is None:
            return True
        return value == self.off if self.acts is None else not self.acts[0] < value < self.acts[1]

    def check(self, value: object) -> None:
        """Raise InputError unless `value` is in range; None (none at all) is allowed where off is."""
        if value is None and self.off in (None, 0):
            return
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
        if not self._inside(number) or (self.integer and number != int(number)):
            raise InputError(f"{{{self.name}}} must be {self.range_text()}, not {value}.", self.hint)

    def normalise(self, value: float | None) -> float | None:
        """`value` checked, as the type transformers wants: it refuses `temperature=2` for being an int."""
        self.check(value)
        if value is None:
            return None
        return int(value) if self.integer else float(value)

    def _inside(self, value: float) -> bool:
        # Compared as it is, int or float: as floats, 2**64 and 2**64 - 1 are one number.
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
    """What a stage does to logits."""

    PENALTY = auto()
    """Changes some scores, and so the ranking. Comes before the temperature; greedy decoding keeps it."""
    TEMPERATURE = auto()
    """Changes all scores, and keeps their order."""
    CUT = auto()
    """Removes candidates. Comes after the temperature."""


@dataclass(frozen=True, slots=True)
class StageRecord:
    """One step of the chain: the parameters it reads, and what may be said of whatever it leaves."""

    name: str
    kind: Kind
    parameters: tuple[Parameter, ...]
    label: str
    """Its name beside a candidate it removed, where there is little room."""
    prefix: bool = True
    """True if it keeps the best so many of what it is given, so that its effect is a number."""
    signs: bool = False
    """True if it looks at the sign of a logit, which a log-probability does not tell."""
    llama: str = ""
    """Its name among llama.cpp's `samplers`; '' if llama.cpp has none."""

    def acts(self, values: Mapping[str, float | None]) -> bool:
        """True if none of its parameters, by name in `values`, is off: each alone turns it off."""
        return not any(parameter.is_off(values.get(parameter.name)) for parameter in self.parameters)

    @property
    def symbol(self) -> str:
        """A letter for where the label is too long, or the label."""
        return next((parameter.symbol for parameter in self.parameters if parameter.symbol), self.label)
