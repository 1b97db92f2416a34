"""Finds the GGUF files in the folders where LM Studio, Ollama and llama.cpp keep them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tui.models.gguf.checks import SUFFIX, is_extra

MOST = 200
"""How many files of one program are listed."""
_PATTERNS = ("*.gguf", "*/*.gguf", "*/*/*.gguf")
"""LM Studio has a folder for the publisher, and one for the model; a person may have less."""
_OLLAMA_MODEL = "application/vnd.ollama.image.model"
"""The media type of a manifest's layer that is the GGUF file."""


@dataclass(frozen=True)
class Found:
    """A GGUF file that a program keeps."""

    file: Path
    name: str
    """Its name for a person: Ollama's files are named by checksums."""
    place: str
    """The program that keeps it."""


def found(environment: Mapping[str, str] = os.environ) -> Iterator[Found]:
    """The files of LM Studio, of Ollama and of llama.cpp, in this order."""
    home = Path(environment.get("HOME") or Path.home())
    for folder in (home / ".lmstudio" / "models", home / ".cache" / "lm-studio" / "models"):
        yield from (Found(file, file.name, "LM Studio") for file in _files(folder))
    yield from islice(_ollama(Path(environment.get("OLLAMA_MODELS") or home / ".ollama" / "models")), MOST)
    yield from (Found(file, file.name, "llama.cpp") for file in _files(_llama_cache(environment, home)))


def in_folder(folder: Path, place: str) -> Iterator[Found]:
    """The files of a snapshot in the hub's cache."""
    yield from (Found(file, file.name, place) for file in _files(folder))


def _llama_cache(environment: Mapping[str, str], home: Path) -> Path:
    """The folder into which llama.cpp downloads, by the rules of its own `fs_get_cache_directory`."""
    if named := environment.get("LLAMA_CACHE"):
        return Path(named)
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "llama.cpp"
    return Path(environment.get("XDG_CACHE_HOME") or home / ".cache") / "llama.cpp"


def _files(folder: Path) -> Iterator[Path]:
    """The GGUF models below a folder, the nearest first; none if it cannot be read."""
    try:
        files = sorted((file for pattern in _PATTERNS for file in folder.glob(pattern)), key=_nearest)
    except OSError:
        return
    yield from islice((file for file in files if file.suffix == SUFFIX and not is_extra(file.name)), MOST)


def _nearest(file: Path) -> tuple[int, str]:
    return len(file.parts), str(file).casefold()


def _ollama(folder: Path) -> Iterator[Found]:
    """The model file of each manifest. A manifest's path is the model's name: registry, owner, model, tag."""
    manifests = folder / "manifests"
    try:
        files = sorted(file for file in manifests.glob("*/*/*/*") if file.is_file())
    except OSError:
        return
    for manifest in files:
        _, owner, model, tag = manifest.relative_to(manifests).parts
        blob = _blob(manifest)
        if blob is not None and (folder / "blobs" / blob).is_file():
            named = f"{model}:{tag}" if owner == "library" else f"{owner}/{model}:{tag}"
            yield Found(folder / "blobs" / blob, named, "Ollama")


def _blob(manifest: Path) -> str | None:
    """The name of the model's file; None for a manifest that names none, or something else than a file beside it."""
    try:
        layers = json.loads(manifest.read_bytes())["layers"]
        digest = next(layer["digest"] for layer in layers if layer["mediaType"] == _OLLAMA_MODEL)
        name = str(digest).replace(":", "-")
    except (OSError, ValueError, LookupError, TypeError, StopIteration, RecursionError):
        return None
    return name if Path(name).name == name else None
