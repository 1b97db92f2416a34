"""Gives a model its checkpoint's generation_config, after trying each setting on generate().

transformers checks a generation_config in three places: when it is read, when generate() begins, and when a processor
is called. Each setting is tried in all three, so that an error can name the one that is refused.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch

from tui.core.settings import OWN_DEFAULTS, Refusal
from tui.core.stages import PARAMETERS
from tui.errors import ModelError
from tui.models.checkpoint import Checkpoint
from tui.models.decoding import prepare
from tui.models.generation import Asked, arguments, is_overridden, token_set
from tui.models.header import DECODERS
from tui.models.modules import width_of
from tui.models.waiting import one_line, shown

_TOKENS = ("bos_token_id", "eos_token_id", "pad_token_id")
"""Settings that others depend on."""
_SET_BY_A_PERSON = frozenset({*PARAMETERS, *OWN_DEFAULTS})


def asked_by(checkpoint: Checkpoint) -> Mapping[str, Any]:
    """The settings in generation_config.json; without that file those in config.json, as in older checkpoints."""
    if checkpoint.generation is not None:
        return checkpoint.generation
    from transformers import GenerationConfig

    parts = [checkpoint.config.get(part) for part in DECODERS]
    inner = next((part for part in parts if isinstance(part, dict)), {})
    names = [name for name in GenerationConfig.from_dict({}).to_dict() if _tried(name)]
    values = {name: checkpoint.config.get(name, inner.get(name)) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def adopt(model: Any, checkpoint: Checkpoint, source: str) -> Asked:
    """Set the model's generation_config from its checkpoint, as from_pretrained does.

    Overridden settings are left out, and so are sampling parameters that generate() refuses: a person can set others.
    ModelError for any other setting that generate() refuses.
    """
    file = checkpoint.asks_in
    if not model.can_generate():
        raise ModelError(f"{source} has no generate(): {type(model).__name__} is no model that goes on with a text.")
    asked = asked_by(checkpoint)
    wanted = {name: value for name, value in asked.items() if not is_overridden(name, value)}
    if not _reason(model, wanted):
        return Asked(asked)
    refused = _refused(model, wanted)
    for name, reason in refused.items():
        if name not in _SET_BY_A_PERSON:
            raise ModelError(f"The {file} of {source} asks {name}={shown(wanted[name])}, which is refused: {reason}")
    if reason := _reason(model, {name: value for name, value in wanted.items() if name not in refused}):
        raise ModelError(f"The {file} of {source} asks what generate() refuses: {reason}")
    return Asked(asked, {name: Refusal(file, wanted[name], reason) for name, reason in refused.items()})


def _refused(model: Any, wanted: Mapping[str, Any]) -> dict[str, str]:
    """The settings that are refused by themselves, and why."""
    tokens = {name: wanted[name] for name in _TOKENS if name in wanted}
    beside = {name: token for name, token in tokens.items() if not _reason(model, {name: token})}
    tried = ((name, _reason(model, {**beside, name: wanted[name]})) for name in wanted if _tried(name))
    return {name: reason for name, reason in tried if reason}


def _tried(name: str) -> bool:
    return not name.startswith("_") and name != "transformers_version"


def _reason(model: Any, values: Mapping[str, Any]) -> str:
    """Set the model's generation_config to these values; why generate() refuses them, '' if it does not."""
    from transformers import GenerationConfig

    try:
        model.generation_config = GenerationConfig.from_dict(copy.deepcopy(dict(values)))
        prepared = prepare(model, [0], arguments([0], {"max_new_tokens": 1}, None))
        for processor in prepared.processors:
            processor(prepared.ids, torch.zeros(1, width_of(model), device=prepared.ids.device))
        token_set(values.get("eos_token_id"))
        _check_stop_strings(values.get("stop_strings"))
    except Exception as error:  # transformers raises many kinds
        return one_line(error)
    return ""


def _check_stop_strings(strings: object) -> None:
    texts = [strings] if isinstance(strings, str) else [] if strings is None else strings
    if not isinstance(texts, list) or not all(isinstance(text, str) and text for text in texts):
        raise ValueError("stop strings are a text or a list of texts")
