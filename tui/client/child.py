"""An engine as a child process: drains its stderr, and explains why it ended."""

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
"""How long an engine whose stdout has ended may take to exit by itself, so that its exit code can be reported."""
KILL_SECONDS = 2.0
DRAIN_SECONDS = 0.5
LAST_LINE = "Its last line:"


class Child:
    """A started engine process and its three streams.

    Not an asyncio subprocess: a command that asks the person on the plain terminal is started before the event loop
    runs, or while it is blocked. Its id may be signalled only until the process is reaped, so it is reaped here.
    """

    def __init__(self, process: subprocess.Popen[bytes], name: str, *, own_session: bool) -> None:
        self._process = process
        self._stderr = Stderr(process.pid)
        self._name = name
        self._own_session = own_session
        self._transports: list[asyncio.BaseTransport] = []
        self._draining: asyncio.Task[None] | None = None
        self._group_killed = False

    @classmethod
    def start(cls, command: Sequence[str], *, terminal: bool = False) -> Child:
        """Start `command` in its own session, so that Ctrl+C does not reach it and its process group can be killed.

        `terminal`: in our session instead, so that the command can ask the person at the terminal; Ctrl+C then ends it.
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
        return cls(process, _name(command[0]), own_session=not terminal)

    @property
    def output(self) -> IO[bytes]:
        """The process's stdout, for blocking reads before `streams` is called."""
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def errors(self) -> IO[bytes]:
        """The process's stderr, for blocking reads before `streams` is called; hand the data to `note_stderr`."""
        assert self._process.stderr is not None
        return self._process.stderr

    def note_stderr(self, data: bytes) -> None:
        """Log data that the process wrote to stderr."""
        self._stderr.add(data)

    async def streams(self) -> tuple[asyncio.StreamReader, asyncio.WriteTransport]:
        """The process's stdout and stdin as asyncio streams; starts to drain stderr."""
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
                self.note_stderr(data)

    def greeted(self) -> None:
        """The engine has greeted: earlier stderr, such as ssh's about a new host key, no longer explains its end."""
        self._stderr.forget()

    def kill(self) -> None:
        """Kill the process, and its process group where it has its own, at once."""
        if self._group_killed:
            return
        # Once the process is reaped, its id may be given to another process: kill its group one last time, then never.
        self._group_killed = self._process.poll() is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._own_session:
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()  # its group is ours; the processes it started end with their pipes

    async def end(self) -> str:
        """After stdout has ended: wait for the exit, kill what is left; why the process ended, in one line."""
        code = await self._exit(EXIT_SECONDS)
        await self.close()
        return self._why(code)

    def end_now(self, patience: float = 0.0) -> str:
        """Blocking `end`, for a child before `streams`; the process has `patience` seconds to exit by itself."""
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
        """Kill the process and close its pipes; waits at most `KILL_SECONDS` for the exit."""
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
        """The exit code, or None if the process still runs after `seconds`."""
        return await asyncio.to_thread(self._exit_now, seconds)

    def _exit_now(self, seconds: float) -> int | None:
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None


def _name(program: str) -> str:
    """The process's name in messages: a command such as ssh may end although the engine has not."""
    return "The engine" if program == sys.executable else printable(Path(program).name, space=" ")


def _ended(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
