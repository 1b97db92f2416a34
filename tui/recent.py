"""Remembers what was used last: models (never whether a checkpoint was trusted), prompts, and the theme.

A file that is missing or unreadable is an empty one, and a failure to write is ignored: nothing depends on them.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TypeVar

import msgspec

from tui import paths
from tui.core.origin import Origin

T = TypeVar("T")

KEPT = 10
"""How many models are kept."""
KEPT_PROMPTS = 20
LONGEST_PROMPT = 1_000_000
"""Characters of a prompt that is still kept."""


def models() -> list[Origin]:
    """The models opened last, newest first."""
    return _read(paths.recent_file(), list[Origin], [])


def remember(origin: Origin) -> None:
    """Put a model first in the list."""
    plain = untrusting(origin)
    if plain.model is not None or plain.server:
        newest = [plain, *(other for other in models() if other.name != plain.name)]
        _write(paths.recent_file(), newest[:KEPT])


def untrusting(origin: Origin) -> Origin:
    """The origin as it is kept in a file: with a whole path, and without the permission to run its code."""
    return msgspec.structs.replace(_anywhere(origin), allow_pickle=False, trust_remote_code=False)


def _anywhere(origin: Origin) -> Origin:
    """The origin with the whole path of a folder or a file: `.` names another one from elsewhere."""
    place = origin.model or ""
    if origin.server or not (paths.is_folder(place) or paths.is_file(place)):
        return origin
    # A file keeps its name: in the hub's cache it is a link to one that is named by a checksum.
    whole = Path(place).resolve() if paths.is_folder(place) else Path(place).absolute()
    return msgspec.structs.replace(origin, model=str(whole))


def prompts() -> list[str]:
    """The prompts submitted last, newest first."""
    return _read(paths.prompts_file(), list[str], [])


def remember_prompt(text: str) -> None:
    """Put a prompt first in the list; one without a visible character is not worth it."""
    if text.strip() and len(text) <= LONGEST_PROMPT:
        newest = [text, *(other for other in prompts() if other != text)]
        _write(paths.prompts_file(), newest[:KEPT_PROMPTS])


def theme() -> str:
    """The name of the theme chosen last; '' if none was."""
    return _read(paths.theme_file(), str, "")


def remember_theme(name: str) -> None:
    """Keep the theme for the next start."""
    _write(paths.theme_file(), name)


def _read(file: Path, kind: type[T], otherwise: T) -> T:
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return otherwise


def _write(file: Path, value: object) -> None:
    with contextlib.suppress(OSError, UnicodeEncodeError):
        paths.replace_private(file, msgspec.json.encode(value))
