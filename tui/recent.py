"""The models opened last, for the models screen. Whether a checkpoint was trusted is never remembered."""

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
    """The newest first; none where the file is not there or cannot be read."""
    try:
        return msgspec.json.decode(paths.recent_file().read_bytes(), type=list[Origin])
    except (OSError, msgspec.DecodeError):
        return []


def remember(origin: Origin) -> None:
    """Put a model first; a list that cannot be written is done without."""
    plain = msgspec.structs.replace(origin, allow_pickle=False, trust_remote_code=False)
    if plain.model is None and not plain.server:
        return
    newest = [plain, *(other for other in models() if other.name != plain.name)][:KEPT]
    with contextlib.suppress(OSError, UnicodeEncodeError):
        folder = paths.make_private(paths.recent_file().parent)
        # Whole or not at all: another samplescope may read it now.
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(newest))
        Path(name).replace(paths.recent_file())
