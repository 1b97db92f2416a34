"""One live engine as the client sees it: its greeting, its frames, its end."""

from __future__ import annotations

import asyncio
import logging

from tui.client.child import Child
from tui.client.failures import EngineFailed, PipeError
from tui.client.greeting import GREETING_SECONDS, Greeting, cut_frame, told
from tui.protocol import Answer, Message, Ready, frame

LOG = logging.getLogger("samplescope")


class Link:
    """Two streams to an engine and, where this client started it, its process."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter | asyncio.WriteTransport,
        child: Child | None = None,
    ) -> None:
        self._reader = reader
        # Kept, because a StreamWriter nobody holds closes its transport.
        self._writer = writer
        self._transport = writer.transport if isinstance(writer, asyncio.StreamWriter) else writer
        self._child = child
        self._buffer = bytearray()
        self.ready: Ready | None = None
        """Where the engine runs, once it has greeted."""
        self.verdict = ""
        """What the engine itself said before it ended."""

    def greeted(self, ready: Ready, rest: bytes) -> None:
        """The greeting has been read already, and what came behind it."""
        self.ready, self._buffer = ready, bytearray(rest)

    async def greet(self) -> Ready:
        """Wait for the greeting and for `Ready`. EngineFailed if what is there is no engine, or another version's."""
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
            while (ready := greeting.take(await self._some())) is None:
                pass
        except PipeError as broken:
            raise EngineFailed("start", str(broken) or told(await self.end(), greeting)) from None
        if self._child is not None:
            self._child.greeted()
        return ready

    async def _some(self) -> bytes:
        try:
            data = await self._reader.read(65536)
        except OSError:
            data = b""
        if not data:
            raise PipeError
        return data

    async def read(self) -> Answer:
        """The next answer. PipeError at the end, half-way through a frame too, and for what is no answer."""
        while (answer := cut_frame(self._buffer)) is None:
            self._buffer += await self._some()
        return answer

    def send(self, message: Message) -> None:
        """Send a message, without ever waiting. EngineFailed if it cannot be encoded or is too large."""
        try:
            data = frame(message)
        except (ValueError, TypeError) as error:
            raise EngineFailed("input", f"This cannot be sent to the engine: {error}.") from error
        LOG.debug("→ %s %d, %d bytes", type(message).__name__, getattr(message, "id", 0), len(data))
        if not self._transport.is_closing():
            self._transport.write(data)

    def kill(self) -> None:
        """End the engine at once, whatever it is doing."""
        if self._child is not None:
            self._child.kill()
        self._abort()

    async def end(self) -> str:
        """See the engine off after its pipe has ended; one line why it did."""
        if self._child is None:
            self._abort()
            return self.verdict or "The engine closed its pipe."
        why = await self._child.end()
        return self.verdict or why

    def _abort(self) -> None:
        if not self._transport.is_closing():
            self._transport.abort()

    async def close(self) -> None:
        """Kill the engine and let go of it."""
        self.kill()
        if self._child is not None:
            await self._child.close()
