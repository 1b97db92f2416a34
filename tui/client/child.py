"""An engine as a child process: started in its own session, its stderr always drained, its end explained."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import IO

from tui.client.failures import EngineFailed
from tui.core.printable import printable

MAX_LOG = 4 * 1024 * 1024
"""Bytes after which the log moves aside to `….old`: an engine that complains for ever does not fill a disk."""
EXIT_SECONDS = 2.0
"""How long an engine whose pipe has ended may take to exit by itself, so that its own exit code can be told."""
KILL_SECONDS = 2.0
DRAIN_SECONDS = 0.5
_LINE_END = re.compile(rb"[\r\n]+")
_LAST_LINE = 300
_CRASH = b"Fatal Python error"


class Log:
    """What an engine says on stderr: kept in a file if there is one, the last line always remembered."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._line = b""
        self._last = b""

    def open(self, title: str) -> None:
        """Begin a new part of the file; a log that cannot be written is done without."""
        self._line = self._last = b""
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = open(self._path, "ab", buffering=0, opener=_private)  # noqa: SIM115
        self._write(f"--- {datetime.now():%Y-%m-%d %H:%M:%S} {title}\n".encode("utf-8", "replace"))

    def add(self, data: bytes) -> None:
        """Take what the engine wrote."""
        self._write(data)
        *whole, rest = _LINE_END.split(self._line + data)
        if not self._last.startswith(_CRASH):
            told = [line for line in whole if line.strip()]
            # A native crash ends in a list of modules; its first line is the one that tells.
            self._last = next((line for line in told if line.startswith(_CRASH)), told[-1] if told else self._last)
        self._line = rest[-4096:]

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def last_line(self) -> str:
        """The last line that is not empty, made printable; '' if there was none."""
        line = self._last if self._last.startswith(_CRASH) else self._line.strip() or self._last
        text = line.strip().decode("utf-8", "replace")[:_LAST_LINE]
        return printable(text, space=" ") if text else ""

    def _write(self, data: bytes) -> None:
        if self._file is None or self._path is None:
            return
        try:
            self._file.write(data)
            if self._file.tell() > MAX_LOG:
                self._file.close()
                self._path.replace(self._path.with_name(self._path.name + ".old"))
                self._file = open(self._path, "ab", buffering=0, opener=_private)  # noqa: SIM115
        except OSError:
            self.close()


def _private(path: str, flags: int) -> int:
    """Prompts and names of files may be in the log: nobody else reads it."""
    return os.open(path, flags, 0o600)


class Child:
    """A started engine process and its three streams."""

    def __init__(self, process: subprocess.Popen[bytes], log: Log) -> None:
        self._process = process
        self._log = log
        self._transports: list[asyncio.BaseTransport] = []
        self._draining: asyncio.Task[None] | None = None
        self._swept = False

    @classmethod
    def start(cls, command: Sequence[str], log: Log) -> Child:
        """Start `command` in a session of its own, so that Ctrl+C is not its business and all of it can be ended."""
        pipe = subprocess.PIPE
        try:
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, start_new_session=True)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            name = printable(command[0], space=" ") if command else "an empty command"
            raise EngineFailed("start", f"The engine cannot be started: {name}: {why}.") from error
        log.open(f"engine {process.pid}: {printable(' '.join(command), space=' ')}")
        return cls(process, log)

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
                self._log.add(data)

    def kill(self) -> None:
        """End it and whatever it started, at once."""
        if self._swept:
            return
        # Once it has been reaped its number may become somebody else's: one last sweep for what it left behind.
        self._swept = self._process.poll() is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def end(self) -> str:
        """See it off after its stdout has ended: wait for its exit, kill what is left, say in one line why it ended."""
        code = await self._exit(EXIT_SECONDS)
        self.kill()
        if code is None:
            why = "The engine closed its pipe and had to be ended"
            await self._exit(KILL_SECONDS)
        else:
            why = f"The engine {_ended(code)}"
        await self.close()
        return f"{why}. Its last line: {self._log.last_line}" if self._log.last_line else f"{why}."

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
        self._log.close()

    async def _exit(self, seconds: float) -> int | None:
        """The exit code, or None if it still lives after `seconds`."""
        try:
            return await asyncio.to_thread(self._process.wait, seconds)
        except subprocess.TimeoutExpired:
            return None


def _ended(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
