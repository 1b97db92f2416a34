"""Lists the models on this machine, from file headers without loading weights; and the free memory."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import prod
from pathlib import Path

import psutil
from huggingface_hub import constants, scan_cache_dir
from huggingface_hub.errors import CacheNotFound
from safetensors import SafetensorError, safe_open

from tui.core.catalog import Entry, Room
from tui.models.gguf import places
from tui.models.gguf.header import read_gguf

_DTYPES = {"F64": "float64", "F32": "float32", "BF16": "bfloat16", "F16": "float16", "I8": "int8", "U8": "uint8"}
INDEX = "model.safetensors.index.json"
"""Says in which of several files each tensor is."""
HUB = "Hugging Face"
"""The place of a GGUF file in the hub's cache."""


def entries() -> list[Entry]:
    """The demo model, those of the hub's cache, the last used one first, and the GGUF files of other programs."""
    from tui.models.loading import DEMO

    return [_entry("", DEMO), *_cached(), *_ggufs(places.found())]


def _cached() -> Iterator[Entry]:
    try:
        repos = [repo for repo in scan_cache_dir(constants.HF_HUB_CACHE).repos if repo.repo_type == "model"]
    except (CacheNotFound, OSError):
        return
    for repo in sorted(repos, key=lambda repo: repo.last_accessed, reverse=True):
        newest = max(repo.revisions, key=lambda revision: revision.last_modified, default=None)
        if newest is not None and (newest.snapshot_path / "config.json").exists():
            yield _entry(repo.repo_id, newest.snapshot_path)
        if newest is not None:
            yield from _ggufs(places.in_folder(newest.snapshot_path, HUB))


def _ggufs(files: Iterable[places.Found]) -> Iterator[Entry]:
    """GGUF files, but for pieces of split ones; one that cannot be read has its size and no more."""
    for one in files:
        try:
            header, size = read_gguf(one.file), one.file.stat().st_size
        except ValueError:
            yield Entry(name=str(one.file), title=one.name, place=one.place, files=one.file.stat().st_size)
            continue
        except OSError:
            continue
        if (header.number("split.count") or 1) == 1:
            yield Entry(
                name=str(one.file), title=one.name, place=one.place, files=size, parameters=header.parameters,
                dtype=header.stored_as,
            )  # fmt: skip


def _entry(name: str, folder: Path) -> Entry:
    files = sorted(folder.glob("*.safetensors"))
    counts = _parameters(files)
    size = sum(file.stat().st_size for file in (files or folder.glob("*.bin")))
    lacking = _lacking(folder, [file.name for file in files])
    if not counts:
        return Entry(name=name, files=size, lacking=lacking)
    most, _ = counts.most_common(1)[0]
    return Entry(name=name, files=size, parameters=counts.total(), dtype=most, lacking=lacking)


def _lacking(folder: Path, files: Sequence[str]) -> str:
    """Why a checkpoint with these safetensors files will not load as it is; '' if nothing speaks against it."""
    try:
        index = json.loads((folder / INDEX).read_bytes())["weight_map"].values()
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        index = ()
    if not set(index) <= set(files):
        return "not downloaded whole"
    if files:
        return ""
    return "pickle only" if any(folder.glob("*.bin")) else "without weights"


def _parameters(files: Iterable[Path]) -> Counter[str]:
    """How many weights the files hold, by dtype; empty if a header cannot be read."""
    counts: Counter[str] = Counter()
    for file in files:
        try:
            with safe_open(file, framework="np") as tensors:
                for tensor in map(tensors.get_slice, tensors.keys()):
                    dtype = tensor.get_dtype()
                    counts[_DTYPES.get(dtype, dtype.lower())] += prod(tensor.get_shape())
        except (SafetensorError, OSError):
            return Counter()
    return counts


def rooms() -> list[Room]:
    """This machine's memory, then that of each CUDA device if torch is imported already: importing it is slow."""
    import sys

    memory = psutil.virtual_memory()
    found = [Room(device="cpu", free=memory.available, total=memory.total)]
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            free, total = torch.cuda.mem_get_info(index)
            found.append(Room(device=f"cuda:{index}", free=free, total=total))
    return found
