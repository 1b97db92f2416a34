"""Complete reads and writes on file descriptors, also on descriptors that another program made non-blocking."""

from __future__ import annotations

import os
import select


def read_exactly(source: int, size: int) -> bytes | None:
    """Read `size` bytes from a file descriptor; None if the input ends before that."""
    data = bytearray()
    while len(data) < size:
        chunk = _read_some(source, size - len(data))
        if not chunk:
            return None
        data += chunk
    return bytes(data)


def skip(source: int, size: int) -> None:
    """Read `size` bytes and discard them; stop early if the input ends."""
    while size and (chunk := _read_some(source, size)):
        size -= len(chunk)


def _read_some(source: int, most: int) -> bytes:
    """Wait for at least one byte; b'' at the end of the input or if the connection broke."""
    while True:
        try:
            return os.read(source, min(most, 1 << 20))
        except BlockingIOError:
            select.select([source], [], [])
        except OSError:
            return b""


def write_all(sink: int, data: bytes) -> None:
    """Write all of `data` to a file descriptor, waiting where it is full. OSError if nobody reads it any more."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(sink, view) :]
        except BlockingIOError:
            select.select([], [sink], [])
