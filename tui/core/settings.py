"""The values of the sampling parameters: validated, and resolved from what the person, the model and transformers say.

`Given` holds only what a person set. A parameter that the person did not set is missing from it, never None: in
transformers `top_k=None` means no top-k, while leaving it out means 50.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from tui.core.order import ORDER, TRANSFORMERS, normalise_order, stage_order
from tui.core.parameters import Parameter
from tui.core.stages import MAX_NEW_TOKENS, PARAMETERS, PENALTIES, SAMPLING_PARAMETERS, TEMPERATURE, TOP_P
from tui.errors import InputError

Value = float | int | bool | str | None
"""A parameter's value. Only the order of the stages is a text."""
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

    @property
    def number(self) -> float | None:
        """The value, if it is a number: only the order of the stages is none."""
        return None if isinstance(self.value, str) else self.value


Settings = dict[str, Setting]


OWN_DEFAULTS: Mapping[str, Value] = {"do_sample": True, "max_new_tokens": 128}
"""Values that samplescope sets unless the person does, whatever the model or transformers would set."""
DEFAULT_SEED = 42

OFF: Mapping[str, float | None] = {name: parameter.off for name, parameter in PARAMETERS.items()}
"""Every parameter at the value at which it does nothing."""
UNASKED: Given = {name: parameter.default for name, parameter in PARAMETERS.items()}
"""Every parameter's default, shown until a model is open that says what transformers applies to it."""

_NUMBERS = {**PARAMETERS, MAX_NEW_TOKENS.name: MAX_NEW_TOKENS}


def normalise(given: Mapping[str, Value]) -> Given:
    """Validate `given`, and convert each value to the float, int or bool that transformers wants.

    transformers' order is left out: it is in force where none is given. Raises InputError for the first parameter that
    is unknown or out of range.
    """
    normalised = {name: _normalised(name, value) for name, value in given.items()}
    return {name: value for name, value in normalised.items() if (name, value) != (ORDER, TRANSFORMERS)}


def _normalised(name: str, value: Value) -> Value:
    if name == "do_sample":
        if not isinstance(value, bool):
            raise InputError(f"do_sample must be true or false, not {value}.")
        return value
    if name == ORDER:
        return normalise_order(value)
    if name not in _NUMBERS:
        raise InputError(f"There is no parameter {name!r}.", f"Known: {', '.join(_NUMBERS)}, do_sample, {ORDER}.")
    return _NUMBERS[name].normalise(value)


def validate(given: Mapping[str, Value]) -> None:
    """Raise InputError for the first parameter that is unknown or out of range."""
    normalise(given)


def resolve(given: Mapping[str, Value], model: Mapping[str, Any], library: Mapping[str, Any]) -> Settings:
    """Each parameter's value in force, from the person, else the model's generation_config, else transformers.

    `model` holds what generation_config.json sets (None = unset), `library` transformers' own defaults. A parameter
    that transformers does not have gets samplescope's default.
    """
    settings: Settings = {}
    for name in (*PARAMETERS, "do_sample", MAX_NEW_TOKENS.name):
        if name in given:
            settings[name] = Setting(given[name], Source.YOU)
        elif name in OWN_DEFAULTS:
            settings[name] = Setting(OWN_DEFAULTS[name], Source.SAMPLESCOPE)
        elif model.get(name) is not None:
            settings[name] = Setting(model[name], Source.MODEL)
        elif name in PARAMETERS and not PARAMETERS[name].transformers:
            settings[name] = Setting(PARAMETERS[name].default, Source.SAMPLESCOPE)
        else:
            settings[name] = Setting(library.get(name), Source.TRANSFORMERS)
    order = given.get(ORDER)
    settings[ORDER] = Setting(order, Source.YOU) if order else Setting(TRANSFORMERS, Source.TRANSFORMERS)
    return settings


def order_in_force(settings: Settings) -> str:
    """The order of the stages, as `tui.core.order.stage_order` takes it."""
    return normalise_order(settings[ORDER].value) if ORDER in settings else TRANSFORMERS


def sums_tempered(settings: Settings) -> bool:
    """True if cumulative probabilities are of the tempered ones, as top-p sees them after the temperature.

    False where top-p stands before the temperature, in force or not: then they are of those before the temperature.
    """
    order = stage_order(order_in_force(settings))
    return order.index(TEMPERATURE.name) < order.index(TOP_P.name)


def for_generate(given: Mapping[str, Value]) -> Given:
    """`given`, validated, as keywords for generate(): without the order and parameters that only samplescope has."""
    return {
        name: value
        for name, value in normalise(given).items()
        if name != ORDER and (name not in PARAMETERS or PARAMETERS[name].transformers)
    }


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value in a model's file that generate() refuses."""

    file: str
    value: object
    """The value as it is written, of any type."""
    reason: str
    """Why, in transformers' words."""

    @property
    def number(self) -> float | None:
        """The value if it is a finite number, else None."""
        is_number = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        return self.value if is_number and math.isfinite(self.value) else None  # type: ignore[return-value, arg-type]


class RefusedDefaultError(InputError):
    """generate() refuses the model's own default, and the person has set no other value."""

    def __init__(self, parameter: Parameter, refusal: Refusal) -> None:
        or_greedy = ", or use greedy decoding" if parameter.name in SAMPLING_PARAMETERS else ""
        super().__init__(
            f"The model's {refusal.file} asks {parameter.name}={refusal.value!r:.60}, which generate() refuses: "
            f"{refusal.reason.rstrip('.')}.",
            f"Set {parameter.label} yourself{or_greedy}.",
        )
        self.parameter = parameter


def check_defaults(settings: Settings, refused: Mapping[str, Refusal]) -> None:
    """Raise RefusedDefaultError if a parameter in `refused` is in force and the person has not set it."""
    greedy = settings["do_sample"].value is False
    for name, parameter in PARAMETERS.items():
        moot = greedy and name in SAMPLING_PARAMETERS
        if name in refused and settings[name].source is not Source.YOU and not moot:
            raise RefusedDefaultError(parameter, refused[name])


def check_without_logits(settings: Settings) -> None:
    """For a model of which only log-probabilities are known: InputError if a stage in force needs the logits' signs."""
    for name, parameter in ((one.name, one) for stage in PENALTIES if stage.signs for one in stage.parameters):
        if not parameter.is_off(settings[name].value):
            raise InputError(
                f"{name} divides or multiplies by the sign of a logit, and a server tells log-probabilities only.",
                f"Leave it at {parameter.off or 0:g}, or open the model itself with {{--model}}.",
            )
