"""Plain values for the list of models to choose from, and for the memory they would need."""

from __future__ import annotations

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A checkpoint on the engine's machine."""

    name: str
    """The hub id, as `Origin.model` takes it; '' is the demo model."""
    files: int = 0
    """Size of the weight files in bytes."""
    parameters: int | None = None
    """How many weights; None where the files do not say."""
    dtype: str = ""
    """The dtype of most weights: float32, bfloat16, Q4_K, …; '' where the files do not say."""
    title: str = ""
    """The name for a person, where `name` is a path."""
    place: str = ""
    """The program in whose folder a GGUF file is: LM Studio, Ollama, llama.cpp; '' for all others."""
    lacking: str = ""
    """Why it will not load as it is; '' if nothing speaks against it."""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """A device's memory, in bytes."""

    device: str
    free: int
    """What a model could take now."""
    total: int


GGUF_FOLDERS = "~/.lmstudio/models, ~/.cache/lm-studio, ~/.ollama/models, ~/.cache/llama.cpp"
"""Where GGUF files are looked for, besides the hub's cache."""
UNPACKED_BYTES = 4
"""How many bytes each number of a GGUF file takes in memory: it is unpacked into float32."""
DTYPE_BYTES = {"float32": 4, "float64": 8, "bfloat16": 2, "float16": 2, "float8": 1, "int8": 1, "uint8": 1}


def needed(entry: Entry) -> int | None:
    """How many bytes of memory a checkpoint's weights take in the dtype they are loaded in; None if not known."""
    width = UNPACKED_BYTES if entry.place else DTYPE_BYTES.get(entry.dtype)
    return entry.files or None if entry.parameters is None or width is None else entry.parameters * width
