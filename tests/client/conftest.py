"""A listener that can be waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.engines import Engines
from tests.patience import PATIENCE
from tui import logs
from tui.client.client import Client


class Ear:
    """Keeps what the client tells, in order, as (name, *values)."""

    def __init__(self) -> None:
        self.heard: list[tuple] = []
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task] = set()

    def _hear(self, *news) -> None:
        self.heard.append(news)
        task = asyncio.ensure_future(self._notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def wants(self, client, view) -> None:
        """Ask for a view, and keep what comes of it."""
        client.view(
            view,
            lambda viewed: self._hear("viewed", viewed),
            lambda error: self._hear("view_failed", view, error),
        )

    def grown(self, nodes) -> None:
        self._hear("grown", nodes)

    def progress(self, progress) -> None:
        self._hear("progress", progress)

    def lost(self, message, restarting) -> None:
        self._hear("lost", message, restarting)

    def restored(self) -> None:
        self._hear("restored")

    def all(self, name: str) -> list[tuple]:
        """Everything of this name heard so far."""
        return [news[1:] for news in self.heard if news[0] == name]

    async def until(self, name: str, true: Callable[..., bool] = lambda *_: True) -> tuple:
        """The first news of this name for which `true` holds, waited for."""

        def found():
            return next((news for news in self.all(name) if true(*news)), None)

        async with asyncio.timeout(PATIENCE), self._changed:
            while (news := found()) is None:
                await self._changed.wait()
        return news


@pytest.fixture
async def ear() -> Ear:
    return Ear()


@pytest.fixture
async def engines() -> Engines:
    return Engines()


@pytest.fixture
async def client(ear, engines):
    """A started client of a scripted engine with the demo model open."""
    client = engines.client(ear)
    await client.start()
    await client.open()
    yield client
    await client.close()


@pytest.fixture
async def child(ear, log):
    """Makes clients of real engine processes, and begins the log."""
    logs.begin()
    clients = []

    def make(command) -> Client:
        clients.append(Client(ear, command))
        return clients[-1]

    yield make
    for client in clients:
        await client.close()
