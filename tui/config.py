"""A person's `config.toml`: a theme, the mouse, keys. What cannot be used is named, and left out."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tui import paths
from tui.core.printable import printable


@dataclass(frozen=True, slots=True)
class Config:
    """What a person has set; everything has a default."""

    theme: str | None = None
    """Name of a theme; None: the program's choice."""
    mouse: bool = True
    keymap: dict[str, str] = field(default_factory=dict)
    """Action → its keys, comma-separated. Which actions and keys exist is checked where they are used."""


def load(file: Path | None = None) -> tuple[Config, list[str]]:
    """The configuration, and one line for each thing in the file that cannot be used. No file: the defaults."""
    file = file or paths.config_file()
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Config(), []
    except (OSError, ValueError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        return Config(), [_line(file, _reason(error))]
    usable = {name: value for name, value in entries.items() if not _problem(name, value)}
    problems = [_line(file, problem) for name, value in entries.items() if (problem := _problem(name, value))]
    keymap = usable.get("keymap", {})
    problems += [
        _line(file, _wrong(f"keymap.{name}", "a text, such as 'n,f5'")) for name in keymap if not _text(keymap[name])
    ]
    return Config(**usable | {"keymap": {name: keys for name, keys in keymap.items() if _text(keys)}}), problems


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


_EXPECTED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "theme": (_text, "the name of a theme, in quotes"),
    "mouse": (lambda value: isinstance(value, bool), "true or false"),
    "keymap": (lambda value: isinstance(value, dict), "a table, [keymap]"),
}


def _problem(name: str, value: object) -> str:
    if name not in _EXPECTED:
        return f"there is no setting {printable(name, space=' ')!r}. Known: {', '.join(_EXPECTED)}."
    fits, expected = _EXPECTED[name]
    return "" if fits(value) else _wrong(name, expected)


def _wrong(name: str, expected: str) -> str:
    return f"{printable(name, space=' ')} must be {expected}."


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot be read ({error.strerror or type(error).__name__})."
    return f"is not TOML in UTF-8 ({printable(str(error), space=' ')})."


def _line(file: Path, problem: str) -> str:
    return f"{printable(str(file), space=' ')}: {problem}"
