"""Errors for what looks like a causal checkpoint and is none: Git LFS pointers, adapters, encoder-decoders."""

from __future__ import annotations

from pathlib import Path

from tui.errors import ModelError

_GGUF = b"GGUF"
_POINTER = b"version https://git-lfs"
_ADAPTERS = "Merge it into its base model with the peft package, and give the merged folder."


def file_instead(file: Path) -> ModelError:
    """The error for a file that was given in place of a folder."""
    if is_pointer(file):
        return pointer(file.name, str(file.parent))
    return ModelError(f"{file} is a file, and a model is a folder.", "Give the folder with its config.json.")


def is_gguf(file: Path) -> bool:
    """True if a file begins as GGUF files do, or has their suffix."""
    return file.suffix.lower() == ".gguf" or _beginning(file, len(_GGUF)) == _GGUF


def pointer(file: str, source: str) -> ModelError:
    """The error for a file that is a Git LFS pointer."""
    return ModelError(
        f"{file} in {source} is a Git LFS pointer: three lines that stand for the file.", "Run `git lfs pull` there."
    )


def is_pointer(file: Path) -> bool:
    """True if a file is the text that Git writes where it has not fetched a large file."""
    return _beginning(file, len(_POINTER)) == _POINTER


def adapter(name: str, base: object) -> ModelError:
    """The error for an adapter's folder; `base` is the model that it says it was trained on."""
    of = base if isinstance(base, str) and base else "another model"
    return ModelError(f"{name} is an adapter of {of}, not a model.", _ADAPTERS)


def encoder_decoder(name: str, of_class: str) -> ModelError:
    """The error for a model with an encoder: its decoder alone makes no sense."""
    return ModelError(
        f"{name} is an encoder-decoder ({of_class}): it turns one text into another.",
        "samplescope looks at models that go on with a text: causal language models.",
    )


def _beginning(file: Path, size: int) -> bytes:
    """The first `size` bytes of a file; empty if it cannot be read."""
    try:
        with file.open("rb") as stream:
            return stream.read(size)
    except OSError:
        return b""
