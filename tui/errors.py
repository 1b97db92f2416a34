"""The errors that are shown to a person: each says what was wrong, and what to do about it."""

from __future__ import annotations


class SamplescopeError(Exception):
    """An error in one clear line for a person, with its remedy.

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
        return f"{self.message} {self.remedy}".rstrip()


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
