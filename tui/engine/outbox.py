"""What waits to be written to the pipe: in order, merged while it waits, written by a thread of its own.

The model thread only ever appends here, so a client that has stopped reading cannot stop a generation.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from tui.core.story import Node
from tui.engine.fds import write_all
from tui.protocol import Failed, Grown, Message, Progress, Reply, frame

NODES_PER_FRAME = 512


@dataclass(slots=True)
class _PendingNodes:
    """Nodes not sent yet; later ones join them."""

    nodes: list[tuple[int, Node]] = field(default_factory=list)
    """Each with the story's length when it was put in."""


@dataclass(slots=True)
class _PendingProgress:
    """Progress not sent yet; newer progress of the same request takes its place."""

    progress: Progress


class Outbox:
    """An ordered queue of messages. Replies are never dropped, merged or overtaken by what was put in later.

    Nodes may be sent *earlier* than a reply put in before them, never later than one put in after them.
    """

    def __init__(self) -> None:
        self._items: deque[_PendingNodes | _PendingProgress | Reply] = deque()
        self._pending_nodes: _PendingNodes | None = None
        self._pending_progress: dict[int, _PendingProgress] = {}
        self._changed = threading.Condition()
        self._closed = False

    def reply(self, message: Reply) -> None:
        """Put in an answer."""
        with self._changed:
            self._items.append(message)
            self._changed.notify()

    def grow(self, revision: int, node: Node) -> None:
        """Put in a node; `revision` is the story's length with it."""
        with self._changed:
            if self._pending_nodes is None:
                self._pending_nodes = _PendingNodes()
                self._items.append(self._pending_nodes)
            self._pending_nodes.nodes.append((revision, node))
            self._changed.notify()

    def progress(self, progress: Progress) -> None:
        """Put in how far a request is."""
        with self._changed:
            if (pending := self._pending_progress.get(progress.of)) is not None:
                pending.progress = progress
                return
            self._pending_progress[progress.of] = pending = _PendingProgress(progress)
            self._items.append(pending)
            self._changed.notify()

    def close(self) -> None:
        """Let `write` end once everything put in so far is written."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def take(self) -> Message | None:
        """The next message, waited for; None once closed and empty."""
        with self._changed:
            while not self._items:
                if self._closed:
                    return None
                self._changed.wait()
            item = self._items.popleft()
            if isinstance(item, _PendingNodes):
                return self._next_grown(item)
            if isinstance(item, _PendingProgress):
                del self._pending_progress[item.progress.of]
                return item.progress
            return item

    def _next_grown(self, pending: _PendingNodes) -> Grown:
        """A frame's worth of nodes; the rest stays first in the queue."""
        nodes, pending.nodes = pending.nodes[:NODES_PER_FRAME], pending.nodes[NODES_PER_FRAME:]
        if pending.nodes:
            self._items.appendleft(pending)
        else:
            self._pending_nodes = None
        return Grown(revision=nodes[-1][0], nodes=[node for _, node in nodes])

    def write(self, sink: int, broken: Callable[[], None]) -> None:
        """The writer thread: write everything to the file descriptor `sink`; call `broken` when nobody reads it."""
        try:
            while (message := self.take()) is not None:
                write_all(sink, encoded(message))
        except OSError:
            broken()


def encoded(message: Message) -> bytes:
    """A message's frame; one that cannot be encoded becomes a `Failed` for the same request."""
    try:
        return frame(message)
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        what = f"The answer cannot be sent: {error}"
        return frame(failure(getattr(message, "id", 0), "internal", what))


def failure(request_id: int, kind: str, message: str, remedy: str = "", *, fatal: bool = False) -> Failed:
    """A `Failed` that can always be encoded: an error's text may hold half characters or a whole file."""
    return Failed(id=request_id, kind=kind, message=_sendable(message), remedy=_sendable(remedy), fatal=fatal)


def _sendable(text: str) -> str:
    return text[:2000].encode("utf-8", "replace").decode()
