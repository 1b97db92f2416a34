"""Whole reads and writes on file descriptors, also on those that somebody made non-blocking."""

from __future__ import annotations

import os
import select


def read_exactly(source: int, size: int) -> bytes | None:
    """`size` bytes from a file descriptor; None if the other side ended before."""
    data = bytearray()
    while len(data) < size:
        chunk = _read_some(source, size - len(data))
        if not chunk:
            return None
        data += chunk
    return bytes(data)


def skip(source: int, size: int) -> None:
    """Read past `size` bytes."""
    while size and (chunk := _read_some(source, size)):
        size -= len(chunk)


def _read_some(source: int, most: int) -> bytes:
    """At least one byte, waited for; none at the end, which a broken connection is too."""
    while True:
        try:
            return os.read(source, min(most, 1 << 20))
        except BlockingIOError:
            select.select([source], [], [])
        except OSError:
            return b""


def write_all(sink: int, data: bytes) -> None:
    """Write all of `data` to a file descriptor, also to one that somebody made non-blocking."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(sink, view) :]
        except BlockingIOError:
            select.select([], [sink], [])
