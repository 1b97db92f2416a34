"""A person's own presets: the tables of `presets.toml`. What stands in the file is never lost.

A preset is appended; to remove one, its lines are taken out and the rest, comments too, stays. Both are tried on the
text first: the file is written only if it then says what it should.
"""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tui import paths
from tui.core.labels import in_words
from tui.core.phrasing import in_explorer
from tui.core.presets import Preset
from tui.core.printable import printable
from tui.core.settings import Given, Value, normalise
from tui.core.stages import PARAMETERS
from tui.errors import InputError

LONGEST_NAME = 40
_OFF = "off"
"""In the file: the value at which a parameter does nothing. TOML has no null, which is this value for some."""
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HEADER = re.compile(r"\s*\[")
Tables = dict[str, Any]


def load() -> tuple[list[Preset], list[str]]:
    """The presets in the file's order, and one line for each entry that is unusable."""
    file = paths.presets_file()
    try:
        entries = _parsed(_text(file))
    except InputError as error:
        return [], [error.message]
    usable: list[Preset] = []
    problems = [_line(file, f"{_shown(name)} is no [presets.NAME].") for name in entries if name != "presets"]
    for name, values in _tables(entries).items():
        try:
            usable.append(_preset(name, values))
        except InputError as error:
            problems.append(_line(file, f"presets.{_shown(name)}: {in_explorer(error.message)}"))
    return usable, problems


def save(name: str, given: Given) -> None:
    """Append a preset. InputError if the name is taken or unusable, or the file cannot be written."""
    _check_name(name)
    file = paths.presets_file()
    before = _text(file)
    entries = _parsed(before)
    if name in _tables(entries):
        raise InputError(f"There is a preset {name!r} already.", "Choose another name, or remove that one first.")
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    added = gap + _written(name, given)
    presets = {**_tables(entries), name: {key: _to_file(value) for key, value in given.items()}}
    if not _says(before + added, {**entries, "presets": presets}):
        raise InputError(_line(file, "a [presets.NAME] cannot be appended there."), "Write it by hand.")
    try:
        paths.make_private(file.parent)
        with file.open("a", encoding="utf-8") as opened:
            opened.write(added)
    except OSError as error:
        raise _not_written(file, error) from None


def remove(name: str) -> None:
    """Take a preset's lines out of the file. InputError if that is not possible without touching others."""
    file = paths.presets_file()
    before = _text(file)
    entries = _parsed(before)
    others = {key: table for key, table in _tables(entries).items() if key != name}
    after = _without(before, name)
    # The last preset's table may take `presets` itself away.
    if not any(_says(after, wanted) for wanted in _alike({**entries, "presets": others})):
        raise InputError(_line(file, f"{_shown(name)} cannot be taken out."), "Remove it by hand.")
    _replace(file.resolve(), after)  # a link, to a folder of such files, stays one


# -- the file ----------------------------------------------------------------------------------------------------------


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise InputError(_line(file, f"cannot be read ({error.strerror or type(error).__name__}).")) from None
    except UnicodeDecodeError:
        raise InputError(_line(file, "is not UTF-8.")) from None


def _parsed(text: str) -> Tables:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise InputError(_line(paths.presets_file(), "is nested too deeply.")) from None
    except ValueError as error:
        reason = printable(str(error), space=" ")
        raise InputError(_line(paths.presets_file(), f"is not TOML ({reason}).")) from None


def _tables(entries: Mapping[str, Any]) -> Tables:
    presets = entries.get("presets", {})
    return presets if isinstance(presets, dict) else {}


def _says(text: str, wanted: Tables) -> bool:
    """True if a text is TOML for these tables."""
    try:
        return tomllib.loads(text) == wanted
    except (ValueError, RecursionError):
        return False


def _alike(entries: Tables) -> list[Tables]:
    """The entries, and without an empty `presets`."""
    return [entries] if entries["presets"] else [entries, {k: v for k, v in entries.items() if k != "presets"}]


def _without(text: str, name: str) -> str:
    """The text without the table of this name: its header and values go, comments and blank lines stay."""
    kept, inside = [], False
    for line in text.splitlines(keepends=True):
        header = bool(_HEADER.match(line))
        if header:
            inside = _opens(line, name)
        if not inside or (not header and line.strip()[:1] in ("", "#")):
            kept.append(line)
    return "".join(kept).rstrip("\n") + "\n" if "".join(kept).strip() else ""


def _opens(header: str, name: str) -> bool:
    """True if a line is the header of this preset's table."""
    return _says(header, {"presets": {name: {}}})


def _replace(file: Path, text: str) -> None:
    """Write the whole file in one piece, with the mode it has."""
    new = file.with_name(f".{file.name}.new")
    try:
        new.write_text(text, encoding="utf-8")
        shutil.copymode(file, new)
        new.replace(file)
    except OSError as error:
        raise _not_written(file, error) from None


def _not_written(file: Path, error: OSError) -> InputError:
    return InputError(_line(file, f"cannot be written ({error.strerror or type(error).__name__})."))


def _line(file: Path, problem: str) -> str:
    return f"{_shown(str(file))}: {problem}"


def _shown(name: str) -> str:
    return printable(name, space=" ")


# -- one preset --------------------------------------------------------------------------------------------------------


def _check_name(name: str) -> None:
    if not (name.strip() and name.isprintable() and len(name) <= LONGEST_NAME):
        raise InputError(f"A name has 1 to {LONGEST_NAME} printable characters.")


def _preset(name: str, values: object) -> Preset:
    if not isinstance(values, dict):
        raise InputError("it must be a table, [presets.NAME].")
    given = normalise({key: _from_file(key, value) for key, value in values.items()})
    return Preset(name, _shown(name), given, "", in_words(given))


def _from_file(name: str, value: Value | str) -> Value:
    if isinstance(value, str):
        if value != _OFF or name not in PARAMETERS:
            raise InputError(f"{_shown(name)} must be a number, not {_shown(value)!r}.")
        return PARAMETERS[name].off
    return value


def _to_file(value: Value) -> Value | str:
    return _OFF if value is None else value


def _written(name: str, given: Given) -> str:
    """A preset's table as TOML; JSON's numbers, booleans and texts are TOML's too."""
    key = name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)
    lines = [f"[presets.{key}]", *(f"{name} = {json.dumps(_to_file(value))}" for name, value in given.items())]
    return "\n".join(lines) + "\n"
