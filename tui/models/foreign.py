"""What people take for a causal checkpoint and is none: GGUF, a Git LFS pointer, an adapter, an encoder-decoder."""

from __future__ import annotations

from pathlib import Path

from tui.errors import ModelError

_GGUF = b"GGUF"
_POINTER = b"version https://git-lfs"
_ADAPTERS = "Merge it into its base model with the peft package, and give the merged folder."


def file_instead(file: Path) -> ModelError:
    """Why a file that was given in place of a folder is not opened."""
    if is_gguf(file):
        return gguf(f"{file} is a GGUF file")
    if is_pointer(file):
        return pointer(file.name, str(file.parent))
    return ModelError(f"{file} is a file, and a model is a folder.", "Give the folder with its config.json.")


def gguf(what: str) -> ModelError:
    """`what` says which GGUF file there is, as the beginning of a sentence."""
    return ModelError(
        f"{what}: it is made for llama.cpp, and is not read here.",
        "Serve it with llama.cpp's llama-server and give that server's address, or get the model as safetensors.",
    )


def is_gguf(file: Path) -> bool:
    """True for what begins as GGUF does, or is named so."""
    return file.suffix.lower() == ".gguf" or _beginning(file, len(_GGUF)) == _GGUF


def pointer(file: str, source: str) -> ModelError:
    """Why a Git LFS pointer is not read."""
    return ModelError(
        f"{file} in {source} is a Git LFS pointer: three lines that stand for the file.", "Run `git lfs pull` there."
    )


def is_pointer(file: Path) -> bool:
    """True for the text that Git leaves where it has not fetched a large file."""
    return _beginning(file, len(_POINTER)) == _POINTER


def adapter(name: str, base: object) -> ModelError:
    """Why an adapter's folder is refused; `base` is what it says it was trained on."""
    of = base if isinstance(base, str) and base else "another model"
    return ModelError(f"{name} is an adapter of {of}, not a model.", _ADAPTERS)


def encoder_decoder(name: str, of_class: str) -> ModelError:
    """Why a model with an encoder is refused: its decoder alone makes no sense."""
    return ModelError(
        f"{name} is an encoder-decoder ({of_class}): it turns one text into another.",
        "samplescope looks at models that go on with a text: causal language models.",
    )


def _beginning(file: Path, size: int) -> bytes:
    """The first bytes of a file; none of one that cannot be read."""
    try:
        with file.open("rb") as stream:
            return stream.read(size)
    except OSError:
        return b""
