"""What a person should know of a model and would not see: one line each, said once wherever it is opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tui.models.generation import OVERRIDES, is_synthid, token_set
from tui.models.placing import spread
from tui.models.waiting import shown

NAMED = 3
"""How many of a list's names are said."""


def overridden(asked: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    """What the model's generation_config asks that stepping cannot do."""
    notes = [
        f"generation_config asks {name}={shown(asked[name])}; overridden, here and in verify"
        for name, value in OVERRIDES.items()
        if asked.get(name) is not None and asked[name] != value and asked[name] != defaults.get(name)
    ]
    if is_synthid("watermarking_config", asked.get("watermarking_config")):
        notes.append("generation_config asks a SynthID watermark; overridden, here and in verify")
    return notes


def own_generate(folder: Path) -> list[str]:
    """A repository's own generate() is left out, whether its code is trusted or not."""
    theirs = folder / "custom_generate" / "generate.py"
    return [f"the repository's own {theirs.relative_to(folder)} is not used"] if theirs.is_file() else []


def unused(names: Sequence[str]) -> list[str]:
    """Tensors of the checkpoint that the model has no place for."""
    if not names:
        return []
    return [f"not used of the checkpoint: {some(names)}; the logits are not those of the whole"]


def ids_beyond(asked: Mapping[str, Any], width: int) -> list[str]:
    """Ends that no token can be: a text never ends there."""
    beyond = sorted(token for token in token_set(asked.get("eos_token_id")) if not 0 <= token < width)
    if not beyond:
        return []
    return [f"eos_token_id {some([str(token) for token in beyond])} is no token of the model: it ends no text"]


def spread_over(model: Any) -> list[str]:
    """The places of layers on more than one device."""
    places = spread(model)
    return [f"layers on {', '.join(places)}"] if places else []


def some(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    names = list(names)
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
