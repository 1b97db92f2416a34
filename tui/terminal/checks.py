"""Is there a terminal to draw on, and what is it like: asked before textual is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from tui.errors import InputError

_HEADLESS = "For a pipe or a script use `samplescope run`."


def check_terminal() -> None:
    """Raise InputError unless stdin and stdout are a terminal that can be drawn on. Writes nothing.

    Without this textual spins at full load on a stdin that is at its end, and fills a file with escapes.
    """
    for name, stream in (("Input", sys.__stdin__), ("Output", sys.__stdout__)):
        if not _is_terminal(stream):
            raise InputError(f"{name} is not a terminal.", _HEADLESS)
    term = os.environ.get("TERM", "")
    if term in ("", "dumb"):
        raise InputError(
            f"This terminal cannot place the cursor (TERM is {term or 'not set'}).",
            "Set TERM to what it is, for example xterm-256color; or use `samplescope run`.",
        )


def _is_terminal(stream: object) -> bool:
    try:
        return os.isatty(stream.fileno())  # type: ignore[attr-defined]
    except (AttributeError, ValueError, OSError):
        return False  # closed, or none: `<&-`


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the environment asks of a full-screen program."""

    no_color: bool = False
    """NO_COLOR is set and not empty (no-color.org); textual would take an empty one too."""
    remote: bool = False
    """Reached over SSH: every byte counts, so no animation and no blinking cursor."""


def surroundings(environ: Mapping[str, str] | None = None) -> Surroundings:
    """What the environment asks for."""
    environ = os.environ if environ is None else environ
    return Surroundings(no_color=bool(environ.get("NO_COLOR")), remote=bool(environ.get("SSH_CONNECTION")))


def prepare_environment() -> None:
    """Make textual read the environment as we do. Call it before textual is imported: it reads these once."""
    if not os.environ.get("NO_COLOR"):
        os.environ.pop("NO_COLOR", None)
    if surroundings().remote:
        os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_FPS", "20" if surroundings().remote else "240")
