"""Lists the models in this machine's hub cache, from file headers without loading weights; and the free memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from math import prod
from pathlib import Path

import psutil
from huggingface_hub import constants, scan_cache_dir
from huggingface_hub.errors import CacheNotFound
from safetensors import SafetensorError, safe_open

from tui.core.catalog import Entry, Room

_DTYPES = {"F64": "float64", "F32": "float32", "BF16": "bfloat16", "F16": "float16", "I8": "int8", "U8": "uint8"}


def entries() -> list[Entry]:
    """The demo model, then every model of the hub cache that has a config.json, the last used one first."""
    from tui.models.loading import DEMO

    return [_entry("", DEMO), *_cached()]


def _cached() -> Iterator[Entry]:
    try:
        repos = [repo for repo in scan_cache_dir(constants.HF_HUB_CACHE).repos if repo.repo_type == "model"]
    except (CacheNotFound, OSError):
        return
    for repo in sorted(repos, key=lambda repo: repo.last_accessed, reverse=True):
        newest = max(repo.revisions, key=lambda revision: revision.last_modified, default=None)
        if newest is not None and (newest.snapshot_path / "config.json").exists():
            yield _entry(repo.repo_id, newest.snapshot_path)


def _entry(name: str, folder: Path) -> Entry:
    files = sorted(folder.glob("*.safetensors"))
    counts = _parameters(files)
    size = sum(file.stat().st_size for file in (files or folder.glob("*.bin")))
    if not counts:
        return Entry(name=name, files=size)
    most, _ = counts.most_common(1)[0]
    return Entry(name=name, files=size, parameters=counts.total(), dtype=most)


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
