"""Fixtures for client tests: a recording listener, scripted engines, clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.engines import Engines
from tests.patience import PATIENCE
from tui import logs
from tui.client.client import Client


class RecordingListener:
    """Records the client's events, in order, as (name, *values)."""

    def __init__(self) -> None:
        self.events: list[tuple] = []
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task] = set()

    def _record(self, *event) -> None:
        self.events.append(event)
        task = asyncio.ensure_future(self._notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def request_view(self, client, view) -> None:
        """Ask for a view, and record its reply or refusal as an event."""
        client.view(
            view,
            lambda viewed: self._record("viewed", viewed),
            lambda error: self._record("view_failed", view, error),
        )

    def grown(self, nodes) -> None:
        self._record("grown", nodes)

    def progress(self, progress) -> None:
        self._record("progress", progress)

    def lost(self, message, restarting) -> None:
        self._record("lost", message, restarting)

    def restored(self) -> None:
        self._record("restored")

    def all(self, name: str) -> list[tuple]:
        """The values of all events of this name so far."""
        return [event[1:] for event in self.events if event[0] == name]

    async def until(self, name: str, true: Callable[..., bool] = lambda *_: True) -> tuple:
        """Wait for the first event of this name for which `true` holds, and return its values."""

        def found():
            return next((values for values in self.all(name) if true(*values)), None)

        async with asyncio.timeout(PATIENCE), self._changed:
            while (values := found()) is None:
                await self._changed.wait()
        return values


@pytest.fixture
async def listener() -> RecordingListener:
    return RecordingListener()


@pytest.fixture
async def engines() -> Engines:
    return Engines()


@pytest.fixture
async def client(listener, engines):
    """A started client of a scripted engine with the demo model open."""
    client = engines.client(listener)
    await client.start()
    await client.open()
    yield client
    await client.close()


@pytest.fixture
async def child(listener, log):
    """A function that makes clients of real engine processes; logging is started."""
    logs.begin()
    clients = []

    def make(command) -> Client:
        clients.append(Client(listener, command))
        return clients[-1]

    yield make
    for client in clients:
        await client.close()
