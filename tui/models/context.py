"""How many tokens a model takes, found in its configuration under whatever name it has there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NAMES = ("max_position_embeddings", "max_seq_len", "max_target_positions")
"""transformers' own name, to which most configurations map theirs; MPT's and Whisper's are not mapped.

Not `seq_length`: it is what a Bloom was trained on, and it takes more.
"""


def context_of(config: Any) -> int | None:
    """The most tokens a model takes, from its text configuration; None if there is no limit, or none is named.

    XLNet answers -1 where there is no limit. A rotary embedding that is scaled takes more than it was trained on.
    """
    limits = (getattr(config, name, None) for name in _NAMES)
    limit = next((limit for limit in limits if isinstance(limit, int) and limit > 0), None)
    return None if limit is None else max([limit, *map(_scaled, _ropes(config))])


def _ropes(config: Any) -> list[Mapping[str, Any]]:
    """The parameters of each rotary embedding: one for all layers, or one for each kind of layer."""
    rope = getattr(config, "rope_parameters", None) or {}
    nested = [part for part in rope.values() if isinstance(part, Mapping)]
    return nested or [rope]


def _scaled(rope: Mapping[str, Any]) -> int:
    """How far YaRN stretches what the model was trained on.

    The other kinds say no more than max_position_embeddings: it is to be set to the length they reach.
    """
    trained, factor = rope.get("original_max_position_embeddings"), rope.get("factor")
    if rope.get("rope_type") != "yarn" or not isinstance(trained, int) or not isinstance(factor, int | float):
        return 0
    return int(trained * factor)
