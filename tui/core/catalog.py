"""What models there are to choose from, and what room there is for them. Plain values."""

from __future__ import annotations

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A checkpoint that lies on the engine's machine."""

    name: str
    """What `Origin.model` takes: a hub id; '' is the demo model."""
    files: int = 0
    """Bytes on disk."""
    parameters: int | None = None
    """None where its files do not tell."""
    dtype: str = ""
    """Of most of its weights: float32, bfloat16, …"""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """A device's memory."""

    device: str
    free: int
    """Bytes that a model could have now."""
    total: int


DTYPE_BYTES = {"float32": 4, "float64": 8, "bfloat16": 2, "float16": 2, "float8": 1, "int8": 1, "uint8": 1}


def needed(entry: Entry) -> int | None:
    """Bytes its weights take when loaded as they are stored; None where that is not known."""
    width = DTYPE_BYTES.get(entry.dtype)
    return entry.files or None if entry.parameters is None or width is None else entry.parameters * width
