"""Engines to test against: scripted ones behind the real `serve`, over a socketpair or as a child process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.scripted import ScriptedEngine
from tui.client.client import Client, EngineFailed, Listener
from tui.client.pipe import Link
from tui.engine.fds import write_all
from tui.engine.serve import serve
from tui.protocol import GREETING, VERSION, Ready, frame

ROOT_FOLDER = Path(__file__).parent.parent
KEPT_OPEN: list[socket.socket] = []
"""The engines' socket ends, kept open: a reader thread may read once more, and must not read another test's fd."""
READY = Ready(protocol=VERSION, version="0.1.0", host="here")


@dataclass
class Served:
    """Serve an engine on a thread; the socket's other end."""

    engine: ScriptedEngine
    socket: socket.socket
    thread: threading.Thread
    _ours: socket.socket

    @classmethod
    def start(cls, make: Callable[[], ScriptedEngine]) -> Served:
        theirs, ours = socket.socketpair()
        KEPT_OPEN.append(ours)
        engine = make()

        def run() -> None:
            # A client may be gone before the greeting.
            with contextlib.suppress(OSError):
                write_all(ours.fileno(), GREETING + frame(READY))
                serve(lambda: engine, ours.fileno(), ours.fileno())
                ours.shutdown(socket.SHUT_RDWR)

        thread = threading.Thread(target=run, name="serve", daemon=True)
        thread.start()
        return cls(engine, theirs, thread, ours)

    def die(self) -> None:
        """Close the connection, as a dying engine does."""
        with contextlib.suppress(OSError):
            self._ours.shutdown(socket.SHUT_RDWR)


@dataclass
class Engines:
    """Starts the engines of a client, one after the other, and gives the test access to them."""

    make: Callable[[], ScriptedEngine] = ScriptedEngine
    served: list[Served] = field(default_factory=list)
    refuse: bool = False
    """True if no further engine can be started."""

    def client(self, listener: Listener) -> Client:
        """A client that starts its engines with this object, also after one has died."""
        return Client.connecting(listener, self.connect)

    async def connect(self) -> Link:
        if self.refuse:
            raise EngineFailed("start", "The script starts no engine.")
        served = Served.start(self.make)
        self.served.append(served)
        reader, writer = await asyncio.open_connection(sock=served.socket)
        return Link(reader, writer)

    @property
    def engine(self) -> ScriptedEngine:
        """The newest engine."""
        return self.served[-1].engine

    def die(self) -> None:
        """Kill the newest engine."""
        self.served[-1].die()


def child_command(script: str = "", make: str = "ScriptedEngine()") -> list[str]:
    """A command that runs a scripted engine as a real process; `script` runs first, in the same namespace."""
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(ROOT_FOLDER)!r})
from tests.scripted import *
{script}
from tui.engine.process import main
main(lambda: {make})
"""
    return [sys.executable, "-P", "-c", code]


def alive(pid: int) -> bool:
    """True if there is a process with this id that is not a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] == "Z")
