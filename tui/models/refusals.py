"""Why something cannot be loaded, in one line: a library's last exception, or what is behind it where that is known."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from tui.errors import ModelError
from tui.models.waiting import one_line


def refused(source: str, error: Exception, what: str) -> ModelError:
    """The line for an exception of a library while it read `what`."""
    if "trust_remote_code" in str(error):
        return ModelError(
            f"{source} needs Python code of its own repository to load, which was not run.",
            "--trust-remote-code runs it, if you trust whoever wrote it.",
        )
    if "Weights only load failed" in str(error):
        return ModelError(f"The pickle in {source} holds more than weights, and was not opened.", "Do not trust it.")
    return ModelError(f"The {what} of {source} cannot be loaded: {one_line(error)}")


def missing_package(folder: Path, source: str) -> ModelError | None:
    """The package a tokenizer cannot be read without; None if none is missing.

    transformers tries one after the other, and tells what its last attempt lacked.
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
    """The package that reads a tokenizer's file: SentencePiece's begin with a protobuf field, tiktoken's are text."""
    if file.name == "tekken.json":
        return "mistral_common"
    if file.suffix not in (".model", ".spm", ".tiktoken"):
        return None
    with file.open("rb") as stream:
        return "sentencepiece" if stream.read(1) == b"\n" else "tiktoken"
