"""Finds the context of a model in its configuration, under whatever name it has there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NAMES = ("max_position_embeddings", "max_seq_len", "max_target_positions")
"""transformers' own name, to which most configurations map theirs, then MPT's and Whisper's, which are not mapped.

`seq_length` is left out: it is the length a Bloom was trained on, and Bloom takes longer texts.
"""


def context_of(config: Any) -> int | None:
    """The most tokens a model takes, from its text configuration; None if there is no limit, or none is named.

    XLNet answers -1 where there is no limit. A rotary embedding that is scaled may take more than it was trained on.
    """
    limits = (getattr(config, name, None) for name in _NAMES)
    limit = next((limit for limit in limits if isinstance(limit, int) and limit > 0), None)
    return None if limit is None else max([limit, *(_stretched(rope, limit) for rope in _ropes(config))])


def _ropes(config: Any) -> list[Mapping[str, Any]]:
    """The parameters of each rotary embedding: one for all layers, or one for each kind of layer."""
    rope = getattr(config, "rope_parameters", None) or {}
    nested = [part for part in rope.values() if isinstance(part, Mapping)]
    return nested or [rope]


def _stretched(rope: Mapping[str, Any], limit: int) -> int:
    """The length that a scaled rotary embedding reaches; 0 if its parameters do not say.

    Dynamic NTK begins where max_position_embeddings ends, and YaRN has the trained length beside it. Under any other
    kind max_position_embeddings is to be set to the length that it reaches.
    """
    trained = {"dynamic": limit, "yarn": rope.get("original_max_position_embeddings")}.get(rope.get("rope_type", ""))
    factor = rope.get("factor")
    known = isinstance(trained, int) and isinstance(factor, int | float)
    return int(trained * factor) if known else 0  # type: ignore[operator]
