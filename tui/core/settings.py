"""Sampling parameters: what each may be, who set it, and what *off* means for it.

`Given` holds only what a person set. A parameter that is not given is left out, never None: in transformers
`top_k=None` means no top-k, while leaving it out means 50.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from tui.errors import InputError

Value = float | int | bool | None
Given = dict[str, Value]


class Source(StrEnum):
    """Who decided a parameter's value, strongest first."""

    YOU = "you"
    PRESET = "preset"
    MODEL = "model"
    TRANSFORMERS = "transformers"
    SAMPLESCOPE = "samplescope"


class Setting(msgspec.Struct, frozen=True, array_like=True):
    """A value in force and where it came from."""

    value: Value
    source: Source


Settings = dict[str, Setting]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its range, and the value at which it does nothing."""

    name: str
    off: Value
    low: float
    high: float = math.inf
    integer: bool = False
    open_low: bool = False
    open_high: bool = False
    hint: str = ""

    @property
    def flag(self) -> str:
        """The command line's spelling."""
        return "--" + self.name.replace("_", "-")

    def check(self, value: Value) -> None:
        """Raise InputError unless `value` is in range; None (none at all) is allowed where off is."""
        if value is None and self.off in (None, 0):
            return
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not self._inside(value or 0) or (self.integer and value != int(value or 0)):
            raise InputError(f"{self.flag} must be {self.range_text()}, not {value}.", self.hint)

    def normalise(self, value: Value) -> Value:
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


PARAMETERS: dict[str, Parameter] = {
    parameter.name: parameter
    for parameter in (
        Parameter("repetition_penalty", 1.0, 0.0, open_low=True),
        Parameter("no_repeat_ngram_size", 0, 0, integer=True),
        Parameter("temperature", 1.0, 0.0, open_low=True, hint="For the most probable token every time use --greedy."),
        Parameter("top_h", None, 0.0, 1.0, open_low=True),
        Parameter("top_k", 0, 0, integer=True),
        Parameter("top_p", 1.0, 0.0, 1.0, open_low=True),
        Parameter("min_p", None, 0.0, 1.0),
        Parameter("typical_p", 1.0, 0.0, 1.0, open_low=True),
        Parameter("epsilon_cutoff", 0.0, 0.0, 1.0, open_high=True),
        Parameter("eta_cutoff", 0.0, 0.0, 1.0, open_high=True),
    )
}
"""Every sampling parameter, in the order transformers applies them."""

MAX_NEW_TOKENS = Parameter("max_new_tokens", None, 1, integer=True)
SEED = Parameter("seed", 0, -(2**63), 2**64 - 1, integer=True)

OWN_DEFAULTS: Mapping[str, Value] = {"do_sample": True, "max_new_tokens": 128}
"""What samplescope decides where nobody else did."""
DEFAULT_SEED = 42

OFF: Given = {name: parameter.off for name, parameter in PARAMETERS.items()}


_KNOWN = PARAMETERS | {"max_new_tokens": MAX_NEW_TOKENS}


def normalise(given: Mapping[str, Value]) -> Given:
    """`given` validated, each value as the float, int or bool that transformers wants.

    Raises InputError for the first parameter that is unknown or out of range.
    """
    return {name: _normalised(name, value) for name, value in given.items()}


def _normalised(name: str, value: Value) -> Value:
    if name == "do_sample":
        if not isinstance(value, bool):
            raise InputError(f"do_sample must be true or false, not {value}.")
        return value
    if name not in _KNOWN:
        raise InputError(f"There is no parameter {name!r}.", f"Known: {', '.join(_KNOWN)}, do_sample.")
    return _KNOWN[name].normalise(value)


def validate(given: Mapping[str, Value]) -> None:
    """Raise InputError for the first parameter that is unknown or out of range."""
    normalise(given)


def resolve(given: Mapping[str, Value], model: Mapping[str, Any], library: Mapping[str, Any]) -> Settings:
    """Each parameter's value in force and its source: you, then the model's generation_config, then transformers.

    `model` holds what generation_config.json sets (None = unset), `library` transformers' own defaults.
    """
    settings: Settings = {}
    for name in (*PARAMETERS, "do_sample", "max_new_tokens"):
        if name in given:
            settings[name] = Setting(given[name], Source.YOU)
        elif name in OWN_DEFAULTS:
            settings[name] = Setting(OWN_DEFAULTS[name], Source.SAMPLESCOPE)
        elif model.get(name) is not None:
            settings[name] = Setting(model[name], Source.MODEL)
        else:
            settings[name] = Setting(library.get(name), Source.TRANSFORMERS)
    return settings


def is_off(name: str, value: Value) -> bool:
    """True if this value leaves the scores alone, as transformers decides it."""
    if value is None:
        return True
    if name in ("top_p", "typical_p"):
        return float(value) >= 1.0
    if name in ("epsilon_cutoff", "eta_cutoff"):
        return not 0.0 < float(value) < 1.0
    return value == PARAMETERS[name].off


def check_without_logits(settings: Settings) -> None:
    """InputError if a penalty looks at the sign of a logit, where only log-probabilities are known."""
    name = "repetition_penalty"
    if not is_off(name, settings[name].value):
        raise InputError(
            f"{name} divides or multiplies by the sign of a logit, and a server tells log-probabilities only.",
            "Leave it at 1, or open the model itself with -m.",
        )
