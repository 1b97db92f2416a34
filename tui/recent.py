"""Remembers the models opened last, for the models screen; never whether a checkpoint was trusted."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

import msgspec

from tui import paths
from tui.core.origin import Origin

KEPT = 10


def models() -> list[Origin]:
    """The models opened last, newest first; an empty list if the file is missing or unreadable."""
    try:
        return msgspec.json.decode(paths.recent_file().read_bytes(), type=list[Origin])
    except (OSError, msgspec.DecodeError):
        return []


def remember(origin: Origin) -> None:
    """Put a model first in the list; a failure to write it is ignored."""
    plain = msgspec.structs.replace(_anywhere(origin), allow_pickle=False, trust_remote_code=False)
    if plain.model is None and not plain.server:
        return
    newest = [plain, *(other for other in models() if other.name != plain.name)][:KEPT]
    with contextlib.suppress(OSError, UnicodeEncodeError):
        folder = paths.make_private(paths.recent_file().parent)
        # Replaced atomically, because another samplescope may read the file at the same time.
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(newest))
        Path(name).replace(paths.recent_file())


def _anywhere(origin: Origin) -> Origin:
    """The origin with a folder's whole path: `.` names another one from elsewhere."""
    if origin.server or not paths.is_folder(origin.model or ""):
        return origin
    return msgspec.structs.replace(origin, model=str(Path(origin.model or "").resolve()))
