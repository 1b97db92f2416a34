"""The connection to one running engine: greeting, frames in both directions, and the end."""

from __future__ import annotations

import asyncio
import logging

from tui.client.child import Child
from tui.client.failures import EngineFailed, PipeError
from tui.client.greeting import GREETING_SECONDS, Greeting, cut_frame, with_last_output
from tui.protocol import Answer, Message, Ready, frame

LOG = logging.getLogger("samplescope")


class Link:
    """Two streams to an engine and, if this client started it, its process."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter | asyncio.WriteTransport,
        child: Child | None = None,
    ) -> None:
        self._reader = reader
        # A reference is kept because a StreamWriter closes its transport when it is garbage-collected.
        self._writer = writer
        self._transport = writer.transport if isinstance(writer, asyncio.StreamWriter) else writer
        self._child = child
        self._buffer = bytearray()
        self.ready: Ready | None = None
        """The engine's greeting, which says where it runs; None until then."""
        self.fatal_message = ""
        """The message of the engine's fatal `Failed`, the best explanation of its end; '' if there was none."""

    def greeted(self, ready: Ready, rest: bytes) -> None:
        """Take over a greeting that was read before, and the bytes after it."""
        self.ready, self._buffer = ready, bytearray(rest)

    async def greet(self) -> Ready:
        """Wait for the greeting and `Ready`. EngineFailed if no engine answers, or one of another version."""
        if self.ready is None:
            try:
                async with asyncio.timeout(GREETING_SECONDS):
                    self.ready = await self._greeting()
            except TimeoutError:
                raise EngineFailed("start", f"The engine did not greet within {GREETING_SECONDS:.0f} s.") from None
        return self.ready

    async def _greeting(self) -> Ready:
        greeting = Greeting()
        self._buffer = greeting.rest
        try:
            while (ready := greeting.take(await self._read_some())) is None:
                pass
        except PipeError as broken:
            raise EngineFailed("start", str(broken) or with_last_output(await self.end(), greeting)) from None
        if self._child is not None:
            self._child.greeted()
        return ready

    async def _read_some(self) -> bytes:
        try:
            data = await self._reader.read(65536)
        except OSError:
            data = b""
        if not data:
            raise PipeError
        return data

    async def read(self) -> Answer:
        """The next message. PipeError at the end of the stream, even inside a frame, and for an undecodable frame."""
        while (answer := cut_frame(self._buffer)) is None:
            self._buffer += await self._read_some()
        return answer

    def send(self, message: Message) -> None:
        """Send a message without blocking. EngineFailed if it cannot be encoded or is too large."""
        try:
            data = frame(message)
        except (ValueError, TypeError) as error:
            raise EngineFailed("input", f"This cannot be sent to the engine: {error}.") from error
        LOG.debug("→ %s %d, %d bytes", type(message).__name__, getattr(message, "id", 0), len(data))
        if not self._transport.is_closing():
            self._transport.write(data)

    def kill(self) -> None:
        """Kill the engine at once, whatever it is doing."""
        if self._child is not None:
            self._child.kill()
        self._abort()

    async def end(self) -> str:
        """Clean up after the stream has ended; one line on why the engine ended."""
        if self._child is None:
            self._abort()
            return self.fatal_message or "The engine closed its pipe."
        why = await self._child.end()
        return self.fatal_message or why

    def _abort(self) -> None:
        if not self._transport.is_closing():
            self._transport.abort()

    async def close(self) -> None:
        """Kill the engine and release its process."""
        self.kill()
        if self._child is not None:
            await self._child.close()
