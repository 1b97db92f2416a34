"""Reads a person's `config.toml`: theme, mouse, keys. Unusable entries are reported and left out."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec

from tui import paths
from tui.core.printable import printable

Text = Annotated[str, msgspec.Meta(pattern=r"\S")]


@dataclass(frozen=True, slots=True)
class Config:
    """The person's configuration; every field has a default."""

    theme: str | None = None
    """Name of a theme; None for the program's default."""
    mouse: bool = True
    resume: bool = True
    """Keep the session for `--resume`, and the prompts submitted last."""
    keymap: dict[str, str] = field(default_factory=dict)
    """Action id → keys, comma-separated. `keys.check_keymap` checks which actions and keys exist."""


def load(file: Path | None = None) -> tuple[Config, list[str]]:
    """The configuration, and one line for each unusable entry of the file. Without a file: the defaults."""
    file = file or paths.config_file()
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Config(), []
    except (OSError, ValueError, RecursionError) as error:  # TOML and UTF-8 errors are ValueErrors
        return Config(), [_line(file, _reason(error))]
    usable = {name: value for name, value in entries.items() if not _problem(name, value)}
    problems = [_line(file, problem) for name, value in entries.items() if (problem := _problem(name, value))]
    keymap = usable.get("keymap", {})
    keys = {action: value for action, value in keymap.items() if _fits(value, Text)}
    wrong = [action for action in keymap if action not in keys]
    problems += [_line(file, _wrong(f"keymap.{action}", "a text, such as 'n,f5'")) for action in wrong]
    return Config(**usable | {"keymap": keys}), problems


_EXPECTED: dict[str, tuple[Any, str]] = {
    "theme": (Text, "the name of a theme, in quotes"),
    "mouse": (bool, "true or false"),
    "resume": (bool, "true or false"),
    "keymap": (dict, "a table, [keymap]"),
}
"""Setting → (its type, its type in words)."""


def _problem(name: str, value: object) -> str:
    if name not in _EXPECTED:
        return f"there is no setting {printable(name, space=' ')!r}. Known: {', '.join(_EXPECTED)}."
    wanted, expected = _EXPECTED[name]
    return "" if _fits(value, wanted) else _wrong(name, expected)


def _fits(value: object, wanted: Any) -> bool:
    try:
        msgspec.convert(value, wanted)
    except (msgspec.ValidationError, RecursionError):
        return False
    return True


def _wrong(name: str, expected: str) -> str:
    return f"{printable(name, space=' ')} must be {expected}."


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot be read ({error.strerror or type(error).__name__})."
    if isinstance(error, RecursionError):
        return "is nested too deeply."
    return f"is not TOML in UTF-8 ({printable(str(error), space=' ')})."


def _line(file: Path, problem: str) -> str:
    return f"{printable(str(file), space=' ')}: {problem}"
