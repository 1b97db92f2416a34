"""An engine as a child process: its stderr always drained, its end explained."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from tui.client.failures import EngineFailed
from tui.client.stderr import LOG, Stderr
from tui.core.printable import printable

EXIT_SECONDS = 2.0
"""How long an engine whose pipe has ended may take to exit by itself, so that its own exit code can be told."""
KILL_SECONDS = 2.0
DRAIN_SECONDS = 0.5
LAST_LINE = "Its last line:"


class Child:
    """A started engine process and its three streams.

    Not asyncio's subprocess: one that has asked the person on the plain terminal was started before there was a loop,
    or while it stood still, and goes on under it; and only who reaps it himself knows whether its number is still its.
    """

    def __init__(self, process: subprocess.Popen[bytes], name: str, *, alone: bool) -> None:
        self._process = process
        self._stderr = Stderr(process.pid)
        self._name = name
        self._alone = alone
        self._transports: list[asyncio.BaseTransport] = []
        self._draining: asyncio.Task[None] | None = None
        self._swept = False

    @classmethod
    def start(cls, command: Sequence[str], *, terminal: bool = False) -> Child:
        """Start `command` in a session of its own, so that Ctrl+C is not its business and all of it can be ended.

        `terminal`: in ours instead, so that it can ask the person at the terminal, who can end it with Ctrl+C.
        """
        pipe = subprocess.PIPE
        try:
            process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, start_new_session=not terminal
            )
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            name = printable(command[0], space=" ") if command else "an empty command"
            raise EngineFailed("start", f"The engine cannot be started: {name}: {why}.") from error
        LOG.info("%d is started: %s", process.pid, printable(" ".join(command), space=" "))
        return cls(process, _name(command[0]), alone=not terminal)

    @property
    def output(self) -> IO[bytes]:
        """Its stdout, while no loop reads it."""
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def errors(self) -> IO[bytes]:
        """Its stderr, while no loop reads it: what is read belongs to `told`."""
        assert self._process.stderr is not None
        return self._process.stderr

    def told(self, data: bytes) -> None:
        """Note what it wrote to stderr."""
        self._stderr.add(data)

    async def streams(self) -> tuple[asyncio.StreamReader, asyncio.WriteTransport]:
        """Its stdout and stdin; draining of its stderr begins."""
        loop = asyncio.get_running_loop()
        errors = await self._reader(self._process.stderr)
        self._draining = loop.create_task(self._drain(errors), name="engine-stderr")
        answers = await self._reader(self._process.stdout)
        requests, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, self._process.stdin)
        self._transports.append(requests)
        return answers, requests

    async def _reader(self, pipe: IO[bytes] | None) -> asyncio.StreamReader:
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        self._transports.append(transport)
        return reader

    async def _drain(self, errors: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while data := await errors.read(65536):
                self.told(data)

    def greeted(self) -> None:
        """It is an engine now: what its command said on the way, such as a new host's key, is history."""
        self._stderr.forget()

    def kill(self) -> None:
        """End it and whatever it started, at once."""
        if self._swept:
            return
        # Once it has been reaped its number may become somebody else's: one last sweep for what it left behind.
        self._swept = self._process.poll() is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._alone:
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()  # its group is ours; what it has started ends with its pipes

    async def end(self) -> str:
        """See it off after its stdout has ended: wait for its exit, kill what is left, say in one line why it ended."""
        code = await self._exit(EXIT_SECONDS)
        await self.close()
        return self._why(code)

    def end_now(self, patience: float = 0.0) -> str:
        """`end` for a child whose pipes no loop reads; it has `patience` seconds to exit by itself."""
        code = self._exit_now(patience)
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        self._exit_now(KILL_SECONDS)
        self._stderr.end()
        return self._why(code)

    def _why(self, code: int | None) -> str:
        how = "closed its pipe and had to be ended" if code is None else _ended(code)
        last = self._stderr.last_line
        why = f"{self._name} {how}. {LAST_LINE} {last}" if last else f"{self._name} {how}."
        LOG.info("%d: %s", self._process.pid, why)
        return why

    async def close(self) -> None:
        """Kill it and let go of everything; waits for the exit only as long as a kill takes."""
        self.kill()
        if self._draining is not None:
            await asyncio.wait([self._draining], timeout=DRAIN_SECONDS)
            self._draining.cancel()
        for transport in self._transports:
            transport.close()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        await self._exit(KILL_SECONDS)
        self._stderr.end()

    async def _exit(self, seconds: float) -> int | None:
        """The exit code, or None if it still lives after `seconds`."""
        return await asyncio.to_thread(self._exit_now, seconds)

    def _exit_now(self, seconds: float) -> int | None:
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None


def _name(program: str) -> str:
    """What to call it: a command such as ssh may end where the engine has not."""
    return "The engine" if program == sys.executable else printable(Path(program).name, space=" ")


def _ended(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
