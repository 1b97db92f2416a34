"""The workbench's line to the engine: coroutines in, messages out.

Everything slow goes through here as an asyncio task, and comes back to the screen as a message; the screen itself
never waits for anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from textual.message import Message
from textual.message_pump import MessagePump

from tui.client.client import Client, EngineFailed, Listener
from tui.core.story import Node
from tui.launch import LaunchOptions
from tui.protocol import Progress, Step, View, Viewed
from tui.screens import news

Connect = Callable[[Listener], Client]
"""Makes the client; the tests put one over a socket here."""


class Session:
    """Asks the engine, and tells the screen what came of it."""

    def __init__(self, target: MessagePump, connect: Connect) -> None:
        self._target = target
        self.client = connect(self)
        self._tasks: set[asyncio.Task[None]] = set()
        self._counting: asyncio.Task[None] | None = None
        self._tickets = 0

    # -- the client's listener -----------------------------------------------------------------------------------

    def viewed(self, viewed: Viewed) -> None:
        """A view's answer is here."""
        self._target.post_message(news.ViewIn(viewed))

    def view_failed(self, view: View, error: EngineFailed) -> None:
        """A view could not be made."""
        self._target.post_message(news.ViewRefused(view, str(error)))

    def grown(self, nodes: list[Node]) -> None:
        """Nodes have been added."""
        self._target.post_message(news.NodesGrown(nodes))

    def progress(self, progress: Progress) -> None:
        """A load or a prompt is on its way."""
        self._target.post_message(news.ProgressMade(progress))

    def lost(self, message: str, restarting: bool) -> None:
        """The engine is gone."""
        self._target.post_message(news.EngineLost(message, restarting))

    def restored(self) -> None:
        """The engine is back."""
        self._target.post_message(news.EngineBack())

    # -- what the screen asks ------------------------------------------------------------------------------------

    def open(self, options: LaunchOptions) -> None:
        """Start the engine and load the model."""
        self._spawn("open", self._open(options))

    async def _open(self, options: LaunchOptions) -> None:
        if self.client.ready is None:
            await self.client.start()
        opened = await self.client.open(options.model, options.engine_options())
        self._target.post_message(news.ModelOpened(opened))

    def prompt(self, text: str) -> int:
        """Give the model a new prompt; the ticket tells its answer from those of prompts given up since."""
        self._tickets += 1
        ticket = self._tickets
        asked = self._then(self.client.prompt(text=text), lambda reply: news.PromptIn(reply, ticket))
        self._spawn("prompt", asked, ticket)
        return ticket

    def step(self, step: Step) -> None:
        """Draw, run or take."""
        asked = self.client.step(step.at, step.given, step.seed, step.count, step.token)
        self._spawn("step", self._then(asked, news.StepEnded))

    def want(self, view: View) -> None:
        """Ask for a view; in each slot only the newest wish is sent."""
        self.client.want(view)

    def count(self, text: str) -> None:
        """Ask how many tokens a text has; an earlier question is dropped."""
        if self._counting is not None:
            self._counting.cancel()
        self._counting = self._spawn("count", self._then(self.client.encode(text), news.TokensCounted))

    def stop(self) -> None:
        """End what is under way at the next forward."""
        self.client.stop()

    def restart(self) -> None:
        """Start the engine again."""
        self._spawn("restart", self.client.restart())

    async def close(self) -> None:
        """End the tasks and the engine."""
        for task in list(self._tasks):
            task.cancel()
        await self.client.close()

    async def _then(self, asked: Awaitable[Any], message: Callable[[Any], Message]) -> None:
        self._target.post_message(message(await asked))

    def _spawn(self, what: str, work: Coroutine[Any, Any, None], ticket: int = 0) -> asyncio.Task[None]:
        task = asyncio.create_task(self._guard(what, work, ticket), name=what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guard(self, what: str, work: Coroutine[Any, Any, None], ticket: int) -> None:
        try:
            await work
        except EngineFailed as error:
            self._target.post_message(news.Refused(what, error.kind, error.message, error.remedy, ticket))
