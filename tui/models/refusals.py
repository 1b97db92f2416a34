"""Writes the errors for what a library could not load: its exception in one line, or the cause where it is known."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from tui.errors import ModelError
from tui.models.waiting import one_line


def load_error(source: str, error: Exception, what: str) -> ModelError:
    """The error for an exception that a library raised while it loaded `what`."""
    if "trust_remote_code" in str(error):
        return ModelError(
            f"{source} needs Python code of its own repository to load, which was not run.",
            "{--trust-remote-code} runs it, if you trust whoever wrote it.",
        )
    if "Weights only load failed" in str(error):
        return ModelError(f"The pickle in {source} holds more than weights, and was not opened.", "Do not trust it.")
    return ModelError(f"The {what} of {source} cannot be loaded: {one_line(error)}")


def missing_package(folder: Path, source: str) -> ModelError | None:
    """The error that names the package a tokenizer's file needs; None if no package is missing.

    transformers tries several tokenizers, and its exception names what the last attempt needed.
    """
    if (folder / "tokenizer.json").exists():
        return None
    for file in folder.iterdir():
        package = _package_for(file)
        if package is not None and find_spec(package) is None:
            return ModelError(
                f"The tokenizer of {source} ({file.name}) needs the package {package}, which is not installed.",
                f"Install it (pip install {package}), or put a tokenizer.json beside it.",
            )
    return None


def _package_for(file: Path) -> str | None:
    """The package that reads a tokenizer file. SentencePiece files begin with a protobuf field, tiktoken's are text."""
    if file.name == "tekken.json":
        return "mistral_common"
    if file.suffix not in (".model", ".spm", ".tiktoken"):
        return None
    with file.open("rb") as stream:
        return "sentencepiece" if stream.read(1) == b"\n" else "tiktoken"
