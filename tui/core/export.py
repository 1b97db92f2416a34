"""Writes the settings in force as another program takes them: transformers, vLLM, llama.cpp.

Each target has its own names, its own defaults that would apply silently, and lacks some parameters: the text
overrides the defaults, `lost` names the settings the target cannot express, `notes` what it does differently.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tui.core.order import LLAMA_CPP, TRANSFORMERS, order_text, stage_order
from tui.core.parameters import Parameter
from tui.core.settings import Settings, Source, Value, order_in_force
from tui.core.stages import (
    MIN_P,
    PARAMETERS,
    PENALTY_PARAMETERS,
    SPOKEN_ORDER,
    STAGES,
    TEMPERATURE,
    TOP_K,
    TOP_P,
)

Naming = Callable[[Parameter], str]
"""A parameter → its name in another program, '' if that program does not have it."""

_NOT_TRANSFORMERS = (Source.YOU, Source.PRESET, Source.SAMPLESCOPE)
_OTHER_NUMBERS = "Draws with its own random numbers: the same seed gives other tokens."


@dataclass(frozen=True, slots=True)
class Exported:
    """The settings in the form one target takes."""

    title: str
    text: str
    """The text that is copied."""
    values: dict[str, Any]
    """The settings in the text as data: keyword arguments or the JSON object."""
    lost: tuple[str, ...] = ()
    """Settings in force that the target cannot express, as `typical_p 0.9`."""
    notes: tuple[str, ...] = ()
    """What the target does differently, a sentence each."""


def generate_call(settings: Settings, seed: int) -> Exported:
    """Python that gives the same tokens: the seed, and `model.generate` with what differs from its defaults.

    `top_k` is always written out, because transformers applies `top_k=50` where it is missing.
    """
    force = _in_force(settings)
    values = {name: value for name, value in force.items() if _must_be_said(name, settings)}
    lines = [f"    {name}={value!r}," for name, value in values.items()]
    text = "\n".join([f"torch.manual_seed({seed})", "output = model.generate(", "    **inputs,", *lines, ")", ""])
    notes = ("Same tokens with the same model, device and dtype.",)
    lost = (*_lost(force, _in_transformers), *_lost_order(settings))
    return Exported("generate(…) keywords", text, values, lost, () if _lost_order(settings) else notes)


def _must_be_said(name: str, settings: Settings) -> bool:
    if name not in PARAMETERS:
        return True
    parameter, setting = PARAMETERS[name], settings[name]
    if not parameter.transformers or (_greedy(settings) and name not in PENALTY_PARAMETERS):
        return False
    unlike_theirs = parameter.unasked is not None or setting.source in _NOT_TRANSFORMERS
    return unlike_theirs or not parameter.is_off(setting.value)


def generation_config(settings: Settings, seed: int) -> Exported:
    """A `generation_config.json`: every parameter in force that is not off, and `top_k` unless decoding is greedy."""
    force = _in_force(settings)
    values = {name: value for name, value in force.items() if _belongs_in_config(name, value, settings)}
    notes = (
        f"A generation_config.json has no seed; this run's is {seed}.",
        "Merge it into the model's own file, which also holds eos_token_id and the like.",
    )
    lost = (*_lost(force, _in_transformers), *_lost_order(settings))
    return Exported("generation_config.json", _json(values), values, lost, notes)


def _belongs_in_config(name: str, value: Value, settings: Settings) -> bool:
    if name not in PARAMETERS:
        return True
    parameter = PARAMETERS[name]
    applied_unasked = parameter.unasked is not None and not _greedy(settings)
    return parameter.transformers and (applied_unasked or not parameter.is_off(value))


def _in_transformers(parameter: Parameter) -> str:
    return parameter.name if parameter.transformers else ""


def vllm_request(settings: Settings, seed: int) -> Exported:
    """SamplingParams for vLLM, also the sampling part of a request body; every value is written out.

    vLLM's server takes the values that a request leaves out from the model's generation_config.json.
    """
    force = _in_force(settings)
    values = _as(settings, _in_vllm) | {"max_tokens": force["max_new_tokens"], "seed": seed}
    lost = (*_lost(force, _in_vllm), *_lost_order(settings))
    return Exported("vLLM SamplingParams (JSON)", _json(values), values, lost, _vllm_notes(force))


def _in_vllm(parameter: Parameter) -> str:
    return parameter.vllm


def _vllm_notes(force: Mapping[str, Value]) -> tuple[str, ...]:
    notes = [_OTHER_NUMBERS]
    temperature = float(force[TEMPERATURE.name] or 1.0)
    if temperature < 0.01:
        notes.append("vLLM raises a temperature below 0.01 to 0.01.")
    if temperature > 2:
        notes.append("vLLM refuses a temperature above 2.")
    if MIN_P.acts(force) and TOP_P.acts(force):
        notes.append("vLLM applies min-p before top-p, transformers after it: together they may keep other tokens.")
    return tuple(notes)


_LLAMA_WINDOW = 131072
"""How many tokens back llama.cpp's penalty looks: in effect all, because transformers penalises the whole text. Not -1,
which newer servers refuse."""


def llama_request(settings: Settings, seed: int) -> Exported:
    """The sampling part of a llama.cpp `/completion` request, with the samplers in the order in force.

    It overrides the server's defaults (temperature 0.8, top_k 40, top_p 0.95, min_p 0.05, a penalty over 64 tokens).
    """
    force = _in_force(settings)
    values = _as(settings, _in_llama) | {
        "repeat_last_n": _LLAMA_WINDOW,
        "samplers": [STAGES[name].llama for name in stage_order(order_in_force(settings)) if STAGES[name].llama],
        "n_predict": force["max_new_tokens"],
        "seed": seed,
    }
    lost = _lost(force, _in_llama)
    return Exported("llama.cpp /completion (JSON)", _json(values), values, lost, _llama_notes(settings, seed))


def _in_llama(parameter: Parameter) -> str:
    return parameter.llama


def _llama_notes(settings: Settings, seed: int) -> tuple[str, ...]:
    notes, order = [_OTHER_NUMBERS], order_in_force(settings)
    if order != LLAMA_CPP:
        notes.append(f"llama.cpp's own order applies temperature last; `samplers` asks for {order_text(order)}.")
        if TOP_K.acts(_in_force(settings)):
            notes.append("llama.cpp keeps exactly k tokens, transformers also those tied with the k-th.")
    if not 0 <= seed < 2**32 - 1:
        notes.append("llama.cpp's seeds are whole numbers from 0 to 4294967294.")
    return tuple(notes)


FORMATS: dict[str, Callable[[Settings, int], Exported]] = {
    "generate": generate_call,
    "generation_config": generation_config,
    "vllm": vllm_request,
    "llama.cpp": llama_request,
}
"""The four formats by name, in the order in which the dialog and the palette list them."""


def _greedy(settings: Settings) -> bool:
    return settings["do_sample"].value is False


def _in_force(settings: Settings) -> dict[str, Value]:
    """Values by name: do_sample first, then the parameters in chain order. None is replaced by the `off` value.

    Under greedy decoding temperature and cuts are off too, because transformers skips them; only penalties apply.
    """
    values: dict[str, Value] = {"do_sample": settings["do_sample"].value}
    for name, parameter in PARAMETERS.items():
        value = settings[name].value
        skipped = value is None or (_greedy(settings) and name not in PENALTY_PARAMETERS)
        values[name] = parameter.off if skipped else value
    return values | {"max_new_tokens": settings["max_new_tokens"].value}


def _as(settings: Settings, name_in: Naming) -> dict[str, Any]:
    """Every parameter that another program has, in force or off, under its name there; greedy is temperature 0."""
    force = _in_force(settings) | ({TEMPERATURE.name: 0.0} if _greedy(settings) else {})
    said = {name_in(one): force[one.name] for one in SPOKEN_ORDER.values() if name_in(one)}
    return {name: 0.0 if value is None else value for name, value in said.items()}


def _lost(force: Mapping[str, Value], name_in: Naming) -> tuple[str, ...]:
    """The parameters of the stages in force that another program does not have, as `typical_p 0.9`."""
    acting = [one for stage in STAGES.values() if stage.acts(force) for one in stage.parameters]
    return tuple(f"{one.name} {force[one.name]}" for one in acting if not name_in(one))


def _lost_order(settings: Settings) -> tuple[str, ...]:
    """The order of the stages, for a target that has transformers' only."""
    order = order_in_force(settings)
    return () if order == TRANSFORMERS or _greedy(settings) else (order_text(order),)


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"
