"""The errors that are shown to a person: each says what was wrong, and what to do about it."""

from __future__ import annotations

import re

OPTION = re.compile(r"\{(--[a-z][a-z-]*)(?: ([^{}]*))?\}")
"""An option in a sentence, perhaps with its value: `{--dtype float32}`. Each front end has its own words for it."""


def on_command_line(sentence: str) -> str:
    """`sentence` with each option as it is typed: `{--dtype float32}` → `--dtype float32`."""
    return OPTION.sub(lambda found: found[0][1:-1], sentence)


class SamplescopeError(Exception):
    """An error in one clear line for a person, with its remedy.

    `message` and `remedy` mark the options they name (`OPTION`), for they do not know who reads them. As a text, an
    error has the command line's words.

    `kind` is sent to the UI in `Failed`; `exit_code` is that of the headless commands (2 bad input, 3 failed while
    running).
    """

    kind = "failed"
    exit_code = 3

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return on_command_line(f"{self.message} {self.remedy}".rstrip())


class InputError(SamplescopeError):
    """Bad usage or input: a parameter out of range, an unreadable file, a prompt too long."""

    kind = "input"
    exit_code = 2


class ModelError(SamplescopeError):
    """The model cannot be found or loaded."""

    kind = "model"
    exit_code = 2


class RunError(SamplescopeError):
    """Something failed while running: logits that are not finite, scores that overflow, a dead engine."""

    kind = "run"
    exit_code = 3


class StoppedError(RunError):
    """A request was given up because a person stopped it."""

    kind = "stopped"
