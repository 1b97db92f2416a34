"""Writes the notes about a model: one line for each thing that is overridden or not used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tui.models.generation import OVERRIDES, is_synthid, token_set
from tui.models.placing import layer_devices
from tui.models.waiting import shown

NAMED = 3
"""How many names of a list are written."""


def overridden(asked: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    """One line for each setting of the model's generation_config that is overridden."""
    notes = [
        f"generation_config asks {name}={shown(asked[name])}; overridden, here and in verify"
        for name, value in OVERRIDES.items()
        if asked.get(name) is not None and asked[name] != value and asked[name] != defaults.get(name)
    ]
    if is_synthid("watermarking_config", asked.get("watermarking_config")):
        notes.append("generation_config asks a SynthID watermark; overridden, here and in verify")
    return notes


def own_generate(folder: Path) -> list[str]:
    """A line if the repository has a generate() of its own: it is not used, whether its code is trusted or not."""
    theirs = folder / "custom_generate" / "generate.py"
    return [f"the repository's own {theirs.relative_to(folder)} is not used"] if theirs.is_file() else []


def unused(names: Sequence[str]) -> list[str]:
    """A line that names the checkpoint's tensors that the model does not use."""
    if not names:
        return []
    return [f"not used of the checkpoint: {first_names(names)}; the logits are not those of the whole"]


def ids_beyond(asked: Mapping[str, Any], width: int) -> list[str]:
    """A line that names the eos tokens outside the vocabulary: no text ends with them."""
    beyond = sorted(token for token in token_set(asked.get("eos_token_id")) if not 0 <= token < width)
    if not beyond:
        return []
    return [f"eos_token_id {first_names([str(token) for token in beyond])} is no token of the model: it ends no text"]


def spread_over(model: Any) -> list[str]:
    """A line that names the devices of the layers, if there is more than one."""
    devices = layer_devices(model)
    return [f"layers on {', '.join(devices)}"] if devices else []


def first_names(names: Iterable[str]) -> str:
    """The first `NAMED` names, and how many more there are."""
    names = list(names)
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
