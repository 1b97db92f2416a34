"""Checks the terminal and the environment before textual is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from tui.errors import InputError

_HEADLESS = "For a pipe or a script use `samplescope run`."


def check_terminal() -> None:
    """Raise InputError unless stdin and stdout are terminals that can place the cursor. Writes nothing.

    Without this check textual spins at full load on an ended stdin, and fills a redirected stdout with escapes.
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
        return False  # a closed stream, or none at all (`<&-`)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the environment variables ask of a full-screen program."""

    no_color: bool = False
    """True if NO_COLOR is set and not empty (no-color.org); textual also obeys an empty one."""
    remote: bool = False
    """True over SSH: to save traffic, there is no animation and no blinking cursor."""


def surroundings(environ: Mapping[str, str] | None = None) -> Surroundings:
    """Read the surroundings from environment variables."""
    environ = os.environ if environ is None else environ
    return Surroundings(no_color=bool(environ.get("NO_COLOR")), remote=bool(environ.get("SSH_CONNECTION")))


def prepare_environment() -> None:
    """Set the variables that textual reads. Call it before textual is imported, which reads them once."""
    if not os.environ.get("NO_COLOR"):
        os.environ.pop("NO_COLOR", None)
    if surroundings().remote:
        os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_FPS", "20" if surroundings().remote else "240")
