"""Text from outside the program: the command line's, a file's, stdin's; checked before anything else reads it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from tui.core.presets import UNICORNS
from tui.errors import InputError

MARK = "\ufeff"
"""A byte order mark, which some editors put before the first character; it is no text."""
MOST_BYTES = 16 * 1024 * 1024
"""Of a prompt: no more would cross the pipe to an engine."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def check_texts(values: Mapping[str, object]) -> None:
    """InputError for the first text that came as bytes which are not UTF-8; a file's name may be any bytes."""
    for name, text in values.items():
        if isinstance(text, str) and (wrong := _not_utf8(text)):
            raise InputError(
                f"{{--{name.replace('_', '-')}}} is not UTF-8 text (character {wrong:,} of {len(text):,})."
            )


def _not_utf8(text: str) -> int:
    """The number of the first character that stands for a stray byte; 0 if there is none."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return error.start + 1
    return 0


def read_prompt(text: str | None, file: Path | None) -> str:
    """The prompt given as text or by a file (`-` is stdin), without a byte order mark; neither: the unicorn prompt.

    InputError if both are given, or the file cannot be read, is not UTF-8, or is larger than `MOST_BYTES`.
    """
    if text is not None and file is not None:
        raise InputError("Give {--prompt} or {--prompt-file}, not both.")
    if file is None:
        return UNICORNS if text is None else text.removeprefix(MARK)
    data = _read(file)
    if len(data) > MOST_BYTES:
        raise InputError(f"{file} has more than {MOST_BYTES // 1024**2} MiB: no model reads a prompt so long.")
    return _decoded(data, str(file)).removeprefix(MARK)


def _read(file: Path) -> bytes:
    """At most one byte more than a prompt may have: a device never ends."""
    if str(file) == "-":
        if sys.stdin is None:
            raise InputError("stdin is closed: there is no prompt to read.")
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from None


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        remedy = "It is UTF-16: save it as UTF-8." if data.startswith(_UTF16) else ""
        raise InputError(f"{name} is not UTF-8 text (byte {error.start + 1:,} of {len(data):,}).", remedy) from None
