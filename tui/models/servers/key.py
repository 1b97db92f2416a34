"""Reads the API key for a server from the environment or a private file, and keeps it from being shown."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from tui import paths
from tui.errors import InputError

VARIABLE = "SAMPLESCOPE_API_KEY"
FILE_VARIABLE = "SAMPLESCOPE_API_KEY_FILE"
FILE_NAME = "api-key"
PRIVATE = 0o600
LONGEST = 4096
"""How many bytes of a key file are read at most."""
HIDDEN = "***"


class Secret:
    """A string whose repr and str are `***`; `hide` also removes it from other texts."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a key is not to be stored")

    def reveal(self) -> str:
        """The string itself, for the Authorization header only."""
        return self._text

    def hide(self, text: str) -> str:
        """`text` with each occurrence of the string replaced by `***`."""
        return text.replace(self._text, HIDDEN)


def read_key(environment: Mapping[str, str] | None = None) -> Secret | None:
    """The key: SAMPLESCOPE_API_KEY, else the file SAMPLESCOPE_API_KEY_FILE names, else `api-key` in the config folder.

    None if there is none of them; InputError for a file that others can read, or a text that cannot be a key.
    `environment`: None is the process's own.
    """
    # A possible key is made a Secret at once, because a traceback may show the local variables of these functions.
    if (secret := _variable(VARIABLE, environment)).reveal():
        return _checked(secret, VARIABLE)
    named = _variable(FILE_VARIABLE, environment).reveal()
    file = Path(named).expanduser() if named else paths.config_dir() / FILE_NAME
    if not named and not file.exists():
        return None
    return _checked(_read_private(file), str(file))


def _variable(name: str, environment: Mapping[str, str] | None) -> Secret:
    return Secret((os.environ if environment is None else environment).get(name, "").strip())


def _checked(secret: Secret, where: str) -> Secret:
    if re.fullmatch(r"[!-~]+", secret.reveal()) is None:
        raise InputError(f"What {where} holds cannot be a key: a key is one line of ASCII letters, digits and signs.")
    return secret


def _read_private(file: Path) -> Secret:
    """The file's text. Its mode is read from the open descriptor, so that the file cannot be exchanged in between."""
    try:
        with file.open("rb") as opened:
            status = os.fstat(opened.fileno())
            if not stat.S_ISREG(status.st_mode) or stat.S_IMODE(status.st_mode) & ~PRIVATE:
                raise InputError(f"The key file {file} can be read by others.", f"chmod 600 {file}")
            return Secret(opened.read(LONGEST).decode("ascii", "replace").strip())
    except OSError as error:
        raise InputError(f"The key file {file} cannot be read: {error.strerror}.") from None
