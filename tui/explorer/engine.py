"""The line to the engine: whoever asks gets the answer, on the display's own turn.

Nothing here waits. Another model is loaded by a second engine, beside the one that is looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec

from tui.client.client import Client, EngineFailed, Listener
from tui.core.origin import Origin
from tui.core.story import Node, Story
from tui.protocol import Cataloged, Opened, Progress, Prompted, Step, Stepped, View, Viewed

T = TypeVar("T")
Connect = Callable[[Listener], Client]
"""Makes the client; the tests put one over a socket here."""
Deliver = Callable[[Callable[[], None]], object]
Then = Callable[[T], None]
Refused = Callable[[EngineFailed], None]


class Written(NamedTuple):
    """A prompt as a person wrote it."""

    text: str
    chat: bool = False
    """Put it through the model's chat template."""
    system: str = ""


def ignore(*_: object) -> None:
    """Nobody listens."""


class Engine:
    """One engine at a time. What it tells unasked goes to `grown`, `progress`, `lost` and `restored`."""

    def __init__(self, connect: Connect, deliver: Deliver) -> None:
        self._connect, self._deliver = connect, deliver
        self.grown: Callable[[list[Node]], None] = ignore
        self.progress: Callable[[Progress, bool], None] = ignore
        """How far something is, and whether that is another model, loaded beside the one that is open."""
        self.lost: Callable[[str, bool], None] = ignore
        """Why the engine is gone, and whether it is being started again."""
        self.restored: Callable[[], None] = ignore
        self._ear = _Ear(self)
        self.client = connect(self._ear)
        self._tasks: set[asyncio.Task[None]] = set()
        self._counting: asyncio.Task[None] | None = None
        self._switching: asyncio.Task[None] | None = None

    @property
    def story(self) -> Story:
        """The client's mirror of the engine's tree."""
        return self.client.mirror.story

    @property
    def opened(self) -> Opened | None:
        """The model that is open; None if none ever was."""
        return self.client.mirror.opened

    # -- models --------------------------------------------------------------------------------------------------

    def open(self, origin: Origin, then: Then[Opened], refused: Refused) -> None:
        """Start the engine if it does not run, and load the model."""

        async def work() -> Opened:
            if self.client.ready is None:
                await self.client.start()
            return await self.client.open(origin)

        self._ask(work, then, refused)

    def switch(self, origin: Origin, then: Then[Opened], refused: Refused) -> None:
        """Load another model in an engine of its own, which is asked from when it is ready on."""
        self.give_up_switch()
        ear = _Ear(self, loading=origin.name)
        client = self._connect(ear)

        async def work() -> Opened:
            try:
                await client.start()
                opened = await client.open(origin)
            except BaseException:
                await asyncio.shield(client.close())
                raise
            self._switching = None
            return opened

        def ready(opened: Opened) -> None:
            self._adopt(client, ear)
            then(opened)

        self._switching = self._ask(work, ready, refused)

    def _adopt(self, client: Client, ear: _Ear) -> None:
        old, self.client = self.client, client
        self._ear.loading, ear.loading = "closed", ""
        self._ear = ear
        self._ask(old.close, ignore, ignore)

    @property
    def switching(self) -> bool:
        """True while another model is being loaded."""
        return self._switching is not None and not self._switching.done()

    def give_up_switch(self) -> None:
        """Load no other model: its engine ends."""
        if self._switching is not None:
            self._switching.cancel()
            self._switching = None

    def catalog(self, then: Then[Cataloged], refused: Refused) -> None:
        """Ask which models lie on the engine's machine."""
        self._ask(self.client.catalog, then, refused)

    # -- prompts, steps, views -----------------------------------------------------------------------------------

    def prompt(self, written: Written, then: Then[Prompted], refused: Refused) -> None:
        """Give the model a new prompt."""
        self._ask(partial(self.client.prompt, written.text, chat=written.chat, system=written.system), then, refused)

    def count(self, written: Written, then: Then[int]) -> None:
        """Ask how many tokens a prompt has; an earlier question is dropped."""
        if self._counting is not None:
            self._counting.cancel()
        counted = partial(self.client.encode, written.text, chat=written.chat, system=written.system)
        self._counting = self._ask(counted, then, ignore)

    def step(self, step: Step, then: Then[Stepped], refused: Refused) -> None:
        """Draw, run or take."""
        self._ask(partial(self.client.request, step, Stepped), then, refused)

    def view(self, view: View, then: Then[Viewed], refused: Refused = ignore) -> None:
        """Ask for a view; in each slot only the newest one is sent."""
        client = self.client

        def answer(tell: Callable[[T], None], news: T) -> None:
            if client is self.client:  # or another model is open by now
                self._deliver(partial(tell, news))

        client.view(view, partial(answer, then), partial(answer, refused))

    def stop(self) -> None:
        """End what is under way at the next forward."""
        self.client.stop()

    def restart(self, refused: Refused) -> None:
        """Start the engine again; `restored` tells when it is back."""
        self._ask(self.client.restart, ignore, refused)

    async def close(self) -> None:
        """End the tasks and the engine."""
        self.give_up_switch()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(self.client.close(), *tasks, return_exceptions=True)

    # -- tasks ---------------------------------------------------------------------------------------------------

    def _ask(self, work: Callable[[], Awaitable[T]], then: Then[T], refused: Refused) -> asyncio.Task[None]:
        task = asyncio.create_task(self._answer(work, then, refused))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _answer(self, work: Callable[[], Awaitable[T]], then: Then[T], refused: Refused) -> None:
        """Hand on what came of it. That the engine is gone is told by `lost`, once for all that was asked."""
        try:
            answer = await work()  # made here: one cancelled before it begins was never made
        except EngineFailed as error:
            if error.kind not in ("lost", "closed"):
                self._deliver(partial(refused, error))
        else:
            self._deliver(partial(then, answer))

    def hear(self, tell: Callable[..., None], *news: object) -> None:
        """Something told unasked, for the display's own turn."""
        self._deliver(partial(tell, *news))


class _Ear(Listener):
    """Hears one client, and hands on what it tells as long as that client is the one looked at."""

    def __init__(self, engine: Engine, loading: str = "") -> None:
        self._engine = engine
        self.loading = loading
        """The model's name while its client loads it beside the one looked at: only its progress is handed on."""

    def grown(self, nodes: list[Node]) -> None:
        """Nodes have been added."""
        if not self.loading:
            self._engine.hear(self._engine.grown, nodes)

    def progress(self, progress: Progress) -> None:
        """A load or a prompt is on its way."""
        if self.loading:
            progress = msgspec.structs.replace(progress, stage=f"{self.loading}: {progress.stage}")
        self._engine.hear(self._engine.progress, progress, bool(self.loading))

    def lost(self, message: str, restarting: bool) -> None:
        """The engine is gone."""
        if not self.loading:
            self._engine.hear(self._engine.lost, message, restarting)

    def restored(self) -> None:
        """The engine is back."""
        if not self.loading:
            self._engine.hear(self._engine.restored)
