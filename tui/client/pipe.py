"""One live engine as the client sees it: its greeting, its frames, its end."""

from __future__ import annotations

import asyncio
import re

import msgspec

from tui.client.child import Child
from tui.client.failures import EngineFailed, PipeError
from tui.protocol import GREETING, MAX_FRAME, VERSION, Answer, Message, Ready, decode_answer, frame

MAX_NOISE = 64 * 1024
"""Bytes a login shell may print before the engine's greeting."""
GREETING_SECONDS = 60.0
_OTHER_VERSION = re.compile(rb"(?:^|[\r\n])samplescope (\d{1,9})\n")


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
        self.ready: Ready
        self.verdict = ""
        """What the engine itself said before it ended."""

    async def greet(self) -> Ready:
        """Wait for the greeting and for `Ready`. EngineFailed if what is there is no engine, or another version's."""
        try:
            async with asyncio.timeout(GREETING_SECONDS):
                await self._find_greeting()
                ready = await self.read()
        except TimeoutError:
            raise EngineFailed("start", f"The engine did not greet within {GREETING_SECONDS:.0f} s.") from None
        except PipeError as broken:
            raise EngineFailed("start", str(broken) or await self.end()) from None
        if not isinstance(ready, Ready) or ready.protocol != VERSION:
            raise _mismatch(ready.protocol if isinstance(ready, Ready) else "?")
        self.ready = ready
        return ready

    async def _find_greeting(self) -> None:
        while (at := self._buffer.find(GREETING)) < 0:
            if other := _OTHER_VERSION.search(self._buffer):
                raise _mismatch(int(other[1]))
            if len(self._buffer) > MAX_NOISE:
                raise EngineFailed(
                    "protocol", f"What was started is no engine: it printed {MAX_NOISE // 1024} kB of something else.",
                    "Is the command the one that runs `samplescope engine`?",
                )  # fmt: skip
            await self._fill()
        del self._buffer[: at + len(GREETING)]

    async def _fill(self) -> None:
        try:
            data = await self._reader.read(65536)
        except OSError:
            data = b""
        if not data:
            raise PipeError
        self._buffer += data

    async def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            await self._fill()
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    async def read(self) -> Answer:
        """The next answer. PipeError at the end, half-way through a frame too, and for what is no answer."""
        length = int.from_bytes(await self._exactly(4), "big")
        if length > MAX_FRAME:
            raise PipeError(f"The engine sent a frame of {length} bytes: something else writes to its pipe.")
        try:
            return decode_answer(await self._exactly(length))
        except msgspec.MsgspecError as error:
            raise PipeError(f"The engine sent what is no answer: {error}.") from error

    def send(self, message: Message) -> None:
        """Send a message, without ever waiting. EngineFailed if it cannot be encoded or is too large."""
        try:
            data = frame(message)
        except (ValueError, TypeError) as error:
            raise EngineFailed("input", f"This cannot be sent to the engine: {error}.") from error
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


def _mismatch(theirs: object) -> EngineFailed:
    return EngineFailed(
        "protocol", f"The engine speaks version {theirs} of the protocol, this program version {VERSION}.",
        "Install the same samplescope on both sides.",
    )  # fmt: skip
