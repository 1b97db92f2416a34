"""What can go wrong between the UI and its engine."""

from __future__ import annotations

from tui.errors import SamplescopeError


class EngineFailed(SamplescopeError):  # noqa: N818
    """A request that was not answered: the engine refused it, or is gone.

    `kind` is the engine's own (`input`, `model`, `run`, `stopped`, `internal`), or `protocol` (the two sides do not
    understand each other), `start` (no engine could be started), `lost` (it ended), `closed` (this client did).
    """

    def __init__(self, kind: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.kind = kind


class PipeError(Exception):
    """Nothing more will come through a pipe; the text says why where the end itself does not."""
