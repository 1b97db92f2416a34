"""Callbacks for engine events that are not replies to a pending request."""

from __future__ import annotations

from typing import Protocol

from tui.core.story import Node
from tui.protocol import Progress


class Listener(Protocol):
    """Called on the client's loop; what it raises is logged."""

    def grown(self, nodes: list[Node]) -> None:
        """A step under way has added nodes; the mirror has them already."""

    def progress(self, progress: Progress) -> None:
        """How far a request is."""

    def lost(self, message: str, restarting: bool) -> None:
        """The engine is gone: why, in one printable line, and whether it is being started again by itself."""

    def restored(self) -> None:
        """The engine is back with the same story, and with the model if one was open."""
