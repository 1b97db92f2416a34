"""The queue of messages to the UI. Waiting nodes and progress are merged; a thread of its own writes to the pipe.

The model thread only appends to the queue, so that a client that has stopped reading cannot stop a generation.
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
from tui.protocol import Failed, Grown, Message, Partial, Progress, Reply, frame

NODES_PER_FRAME = 512


@dataclass(slots=True)
class _PendingNodes:
    """Nodes that wait to be sent; later nodes are appended to them."""

    nodes: list[tuple[int, Node]] = field(default_factory=list)
    """(the story's length with this node, the node)."""


@dataclass(slots=True)
class _PendingProgress:
    """Progress that waits to be sent; newer progress of the same request replaces it."""

    progress: Progress


class Outbox:
    """An ordered queue of messages. Replies are never dropped or merged, and stay in order.

    A node may be sent *before* a reply that was queued before it, never after a reply that was queued after it.
    """

    def __init__(self) -> None:
        self._items: deque[_PendingNodes | _PendingProgress | Partial | Reply] = deque()
        self._pending_nodes: _PendingNodes | None = None
        self._pending_progress: dict[int, _PendingProgress] = {}
        self._changed = threading.Condition()
        self._closed = False

    def reply(self, message: Reply | Partial) -> None:
        """Queue a reply, or a part of one."""
        with self._changed:
            self._items.append(message)
            self._changed.notify()

    def grow(self, revision: int, node: Node) -> None:
        """Queue a node for the next `Grown`; `revision` is the story's length with it."""
        with self._changed:
            if self._pending_nodes is None:
                self._pending_nodes = _PendingNodes()
                self._items.append(self._pending_nodes)
            self._pending_nodes.nodes.append((revision, node))
            self._changed.notify()

    def progress(self, progress: Progress) -> None:
        """Queue a request's progress, in place of older progress of that request that still waits."""
        with self._changed:
            if (pending := self._pending_progress.get(progress.of)) is not None:
                pending.progress = progress
                return
            self._pending_progress[progress.of] = pending = _PendingProgress(progress)
            self._items.append(pending)
            self._changed.notify()

    def close(self) -> None:
        """Let `write` end once everything queued so far is written."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def take(self) -> Message | None:
        """Wait for the next message and take it from the queue; None once the outbox is closed and empty."""
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
        """Take as many nodes as one frame may hold; the others stay first in the queue."""
        nodes, pending.nodes = pending.nodes[:NODES_PER_FRAME], pending.nodes[NODES_PER_FRAME:]
        if pending.nodes:
            self._items.appendleft(pending)
        else:
            self._pending_nodes = None
        return Grown(revision=nodes[-1][0], nodes=[node for _, node in nodes])

    def write(self, sink: int, broken: Callable[[], None]) -> None:
        """The writer thread: write all messages to the file descriptor `sink`; call `broken` if nobody reads it."""
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
        return frame(failure(getattr(message, "id", 0) or getattr(message, "of", 0), "internal", what))


def failure(request_id: int, kind: str, message: str, remedy: str = "", *, fatal: bool = False) -> Failed:
    """A `Failed` that can always be encoded: its texts are shortened and freed of lone surrogates."""
    return Failed(id=request_id, kind=kind, message=_sendable(message), remedy=_sendable(remedy), fatal=fatal)


def _sendable(text: str) -> str:
    return text[:2000].encode("utf-8", "replace").decode()
