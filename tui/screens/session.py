"""The workbench's line to the engine: coroutines in, messages out.

Everything slow goes through here as an asyncio task, and comes back to the screen as a message; the screen itself
never waits for anything. Another model is loaded by a second engine, beside the one that is looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import msgspec
from textual.message import Message
from textual.message_pump import MessagePump

from tui.client.client import Client, EngineFailed, Listener
from tui.core.origin import Origin
from tui.core.story import Node
from tui.protocol import Progress, Step, View, Viewed
from tui.screens import news

Connect = Callable[[Listener], Client]
"""Makes the client; the tests put one over a socket here."""


class Written(NamedTuple):
    """A prompt as a person wrote it."""

    text: str
    chat: bool = False
    """Put it through the model's chat template."""
    system: str = ""


class Ear(Listener):
    """Hears one client, and tells the screen as long as that client is the one looked at."""

    def __init__(self, tell: Callable[[Message], object], loading: str = "") -> None:
        self._tell = tell
        self.loading = loading
        """The model's name while its client loads it beside the one looked at: only its progress is told."""

    def _say(self, message: Message) -> None:
        if not self.loading:
            self._tell(message)

    def viewed(self, viewed: Viewed) -> None:
        """A view's answer is here."""
        self._say(news.ViewIn(viewed))

    def view_failed(self, view: View, error: EngineFailed) -> None:
        """A view could not be made."""
        self._say(news.ViewRefused(view, str(error)))

    def grown(self, nodes: list[Node]) -> None:
        """Nodes have been added."""
        self._say(news.NodesGrown(nodes))

    def progress(self, progress: Progress) -> None:
        """A load or a prompt is on its way."""
        if self.loading:
            progress = msgspec.structs.replace(progress, stage=f"{self.loading}: {progress.stage}")
        self._tell(news.ProgressMade(progress, beside=bool(self.loading)))

    def lost(self, message: str, restarting: bool) -> None:
        """The engine is gone."""
        self._say(news.EngineLost(message, restarting))

    def restored(self) -> None:
        """The engine is back."""
        self._say(news.EngineBack())


class Session:
    """Asks the engine, and tells the screen what came of it."""

    def __init__(self, target: MessagePump, connect: Connect) -> None:
        self._target = target
        self._connect = connect
        self._ear = Ear(target.post_message)
        self.client = connect(self._ear)
        self._tasks: set[asyncio.Task[None]] = set()
        self._counting: asyncio.Task[None] | None = None
        self._switching: asyncio.Task[None] | None = None
        self._tickets = 0

    # -- models --------------------------------------------------------------------------------------------------

    def open(self, origin: Origin) -> None:
        """Start the engine and load the model."""
        self._spawn("open", lambda: self._open(origin))

    async def _open(self, origin: Origin) -> None:
        if self.client.ready is None:
            await self.client.start()
        opened = await self.client.open(origin)
        self._target.post_message(news.ModelOpened(opened, origin))

    def switch(self, origin: Origin) -> None:
        """Load another model in an engine of its own; the one that is open stays until that is ready."""
        self.give_up_switch()
        self._switching = self._spawn("switch", lambda: self._switch(origin))

    async def _switch(self, origin: Origin) -> None:
        ear = Ear(self._target.post_message, loading=origin.name)
        client = self._connect(ear)
        try:
            await client.start()
            opened = await client.open(origin)
        except BaseException:
            await asyncio.shield(client.close())
            raise
        self._switching = None
        self._target.post_message(news.ModelOpened(opened, origin, lambda: self._adopt(client, ear)))

    def _adopt(self, client: Client, ear: Ear) -> None:
        old, self.client = self.client, client
        self._ear.loading, ear.loading = "closed", ""
        self._ear = ear
        self._spawn("close", old.close)

    @property
    def switching(self) -> bool:
        """True while another model is being loaded."""
        return self._switching is not None and not self._switching.done()

    def give_up_switch(self) -> None:
        """Load no other model: its engine ends."""
        if self._switching is not None:
            self._switching.cancel()
            self._switching = None

    def catalog(self) -> None:
        """Ask which models lie on the engine's machine."""

        async def look() -> None:
            self._target.post_message(news.CatalogIn(await self.client.catalog()))

        self._spawn("catalog", look)

    # -- prompts, steps, views -----------------------------------------------------------------------------------

    def prompt(self, written: Written) -> int:
        """Give the model a new prompt; the ticket tells its answer from those of prompts given up since."""
        self._tickets += 1
        ticket = self._tickets

        async def prompt() -> None:
            reply = await self.client.prompt(written.text, chat=written.chat, system=written.system)
            self._target.post_message(news.PromptIn(reply, ticket))

        self._spawn("prompt", prompt, ticket)
        return ticket

    def step(self, step: Step) -> None:
        """Draw, run or take."""

        async def take_steps() -> None:
            ended = await self.client.step(step.at, step.given, step.seed, step.count, step.token)
            self._target.post_message(news.StepEnded(ended))

        self._spawn("step", take_steps)

    def want(self, view: View) -> None:
        """Ask for a view; in each slot only the newest wish is sent."""
        self.client.want(view)

    def count(self, written: Written) -> None:
        """Ask how many tokens a prompt has; an earlier question is dropped."""
        if self._counting is not None:
            self._counting.cancel()

        async def count() -> None:
            tokens = await self.client.encode(written.text, chat=written.chat, system=written.system)
            self._target.post_message(news.TokensCounted(tokens))

        self._counting = self._spawn("count", count)

    def stop(self) -> None:
        """End what is under way at the next forward."""
        self.client.stop()

    def restart(self) -> None:
        """Start the engine again."""
        self._spawn("restart", self.client.restart)

    async def close(self) -> None:
        """End the tasks and the engine."""
        self.give_up_switch()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(self.client.close(), *tasks, return_exceptions=True)

    # -- tasks ---------------------------------------------------------------------------------------------------

    def _spawn(self, what: str, work: Callable[[], Awaitable[None]], ticket: int = 0) -> asyncio.Task[None]:
        task = asyncio.create_task(self._guard(what, work, ticket), name=what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guard(self, what: str, work: Callable[[], Awaitable[None]], ticket: int) -> None:
        try:
            await work()
        except EngineFailed as error:
            self._target.post_message(news.Refused(what, error.kind, error.message, error.remedy, ticket))
