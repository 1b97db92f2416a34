"""Exceptions raised between the UI and its engine."""

from __future__ import annotations

from tui.errors import SamplescopeError


class EngineFailed(SamplescopeError):  # noqa: N818
    """A request without a reply: the engine refused it, or the engine is gone.

    `kind` is the engine's own (`input`, `model`, `run`, `stopped`, `internal`), or `protocol` (the two sides do not
    understand each other), `start` (no engine could be started), `lost` (the engine ended), `closed` (the client was
    closed).
    """

    def __init__(self, kind: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.kind = kind


class PipeError(Exception):
    """The pipe cannot be read any further; the text says why, and is empty at a plain end of file."""
