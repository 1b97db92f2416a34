"""Callbacks for engine events that are not replies to a pending request."""

from __future__ import annotations

from typing import Protocol

from tui.core.story import Node
from tui.protocol import Progress


class Listener(Protocol):
    """Called on the client's asyncio loop; an exception in a callback is logged."""

    def grown(self, nodes: list[Node]) -> None:
        """The step under way has added nodes; the mirror already has them."""

    def progress(self, progress: Progress) -> None:
        """The request under way reports how far it is."""

    def lost(self, message: str, restarting: bool) -> None:
        """The engine is gone: the reason in one printable line, and whether it is being restarted automatically."""

    def restored(self) -> None:
        """A restarted engine is ready, with the same story, and with the model if one was open."""
