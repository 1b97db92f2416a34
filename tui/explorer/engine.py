"""Sends the explorer's requests to the engine, and calls back with each reply on the display's own turn.

No call blocks. Another model is loaded by a second engine while the first one stays in use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec

from tui.client.client import Client, EngineFailed, Listener
from tui.core.origin import Origin
from tui.core.story import Node, Story
from tui.protocol import Cataloged, Opened, Progress, Prompted, Step, Stepped, View, Viewed

T = TypeVar("T")
Connect = Callable[[Listener], Client]
"""Makes the client for a listener; tests pass a client over a socket."""
Deliver = Callable[[Callable[[], None]], object]
Then = Callable[[T], None]
Refused = Callable[[EngineFailed], None]


class WrittenPrompt(NamedTuple):
    """A prompt as the person wrote it."""

    text: str
    chat: bool = False
    """True if the text goes through the model's chat template."""
    system: str = ""
    add_special_tokens: bool = True
    """Without the chat template: True if the tokenizer frames the text, with BOS for example."""


def ignore(*_: object) -> None:
    """The default callback: do nothing."""


class Engine:
    """One engine in use at a time. Its events go to the callbacks `grown`, `progress`, `lost` and `restored`."""

    def __init__(self, connect: Connect, deliver: Deliver) -> None:
        self._connect, self._deliver = connect, deliver
        self.grown: Callable[[list[Node]], None] = ignore
        self.progress: Callable[[Progress, bool], None] = ignore
        """Called with the progress, and True if it is about another model, loaded by a second engine."""
        self.lost: Callable[[str, bool], None] = ignore
        """Called with the reason why the engine is gone, and whether it is being restarted."""
        self.restored: Callable[[], None] = ignore
        self.make_way: Callable[[], None] = ignore
        """Called before the model is asked for a step or a prompt, which would wait for the end of a job."""
        self._listener = _ClientListener(self)
        self.client = connect(self._listener)
        self._tasks: set[asyncio.Task[None]] = set()
        self._counting: asyncio.Task[None] | None = None
        self._switching: asyncio.Task[None] | None = None

    @property
    def story(self) -> Story:
        """The client's copy of the engine's story."""
        return self.client.mirror.story

    @property
    def opened(self) -> Opened | None:
        """The open model; None if none was opened yet."""
        return self.client.mirror.opened

    # -- models --------------------------------------------------------------------------------------------------

    def open(
        self, origin: Origin, then: Then[Opened], refused: Refused, story: Sequence[Node] = (), vocabulary: int = 0
    ) -> None:
        """Load the model, after starting the engine if none runs; with a kept story and its model's vocabulary."""

        async def work() -> Opened:
            if self.client.ready is None:
                await self.client.start()
            return await self.client.open(origin, story, vocabulary or None)

        self._ask(work, then, refused)

    def switch(self, origin: Origin, then: Then[Opened], refused: Refused) -> None:
        """Load another model in a second engine, which replaces the first when it is ready."""
        self.give_up_switch()
        listener = _ClientListener(self, loading=origin.name)
        client = self._connect(listener)

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
            self._adopt(client, listener)
            then(opened)

        self._switching = self._ask(work, ready, refused)

    def _adopt(self, client: Client, listener: _ClientListener) -> None:
        old, self.client = self.client, client
        self._listener.loading, listener.loading = "closed", ""
        self._listener = listener
        self._ask(old.close, ignore, ignore)

    @property
    def switching(self) -> bool:
        """True while another model is being loaded."""
        return self._switching is not None and not self._switching.done()

    def give_up_switch(self) -> None:
        """Cancel the loading of another model, and end its engine."""
        if self._switching is not None:
            self._switching.cancel()
            self._switching = None

    def catalog(self, then: Then[Cataloged], refused: Refused) -> None:
        """Ask for the models in the cache of the engine's machine."""
        self._ask(self.client.catalog, then, refused)

    # -- prompts, steps, views -----------------------------------------------------------------------------------

    def prompt(self, written: WrittenPrompt, then: Then[Prompted], refused: Refused) -> None:
        """Give the model a new prompt."""
        self.make_way()
        self._ask(partial(self.client.prompt, **written._asdict()), then, refused)

    def count(self, written: WrittenPrompt, then: Then[int]) -> None:
        """Ask how many tokens a prompt has; an earlier count under way is cancelled."""
        if self._counting is not None:
            self._counting.cancel()
        self._counting = self._ask(partial(self.client.encode, **written._asdict()), then, ignore)

    def step(self, step: Step, then: Then[Stepped], refused: Refused) -> None:
        """Draw one token, draw until a stop, or take a token."""
        self.make_way()
        self._ask(partial(self.client.request, step, Stepped), then, refused)

    def view(self, view: View, then: Then[Viewed], refused: Refused = ignore) -> None:
        """Ask for a view; per slot only the newest one is sent."""
        client = self.client

        def relay(callback: Callable[[T], None], reply: T) -> None:
            if client is self.client:  # else another model is open by now
                self._deliver(partial(callback, reply))

        client.view(view, partial(relay, then), partial(relay, refused))

    def job(
        self, kind: str, parameters: dict[str, object], part: Then[dict[str, object]], progress: Then[Progress],
        ended: Then[dict[str, object] | EngineFailed],
    ) -> None:  # fmt: skip
        """Run an experiment on the model. `ended` gets its result, or why there is none, whatever happens meanwhile."""
        client = self.client

        async def work() -> dict[str, object] | EngineFailed:
            try:
                return await client.job(
                    kind, parameters, partial(self.relay_event, part), partial(self.relay_event, progress)
                )
            except EngineFailed as error:
                return error

        self._ask(work, ended, ignore)

    def stop(self) -> None:
        """Ask the engine to end what is under way at its next forward."""
        self.client.stop()

    def restart(self, refused: Refused) -> None:
        """Restart the engine; `restored` is called when it is back."""
        self._ask(self.client.restart, ignore, refused)

    async def close(self) -> None:
        """Cancel all tasks and end the engine."""
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
        """Await `work` and deliver its result or refusal. A lost engine is reported by `lost` only, not here."""
        try:
            answer = await work()  # created here: a task cancelled before it runs leaves no coroutine
        except EngineFailed as error:
            if error.kind not in ("lost", "closed"):
                self._deliver(partial(refused, error))
        else:
            self._deliver(partial(then, answer))

    def relay_event(self, callback: Callable[..., None], *arguments: object) -> None:
        """Call an event's callback on the display's own turn."""
        self._deliver(partial(callback, *arguments))


class _ClientListener(Listener):
    """Listens to one client, and relays its events while that client is the one in use."""

    def __init__(self, engine: Engine, loading: str = "") -> None:
        self._engine = engine
        self.loading = loading
        """Name of the model that this client loads while another is in use: then only its progress is relayed."""

    def grown(self, nodes: list[Node]) -> None:
        """Relay nodes that a step has added."""
        if not self.loading:
            self._engine.relay_event(self._engine.grown, nodes)

    def progress(self, progress: Progress) -> None:
        """Relay the progress of a load or prompt; that of another model starts with the model's name."""
        if self.loading:
            progress = msgspec.structs.replace(progress, stage=f"{self.loading}: {progress.stage}")
        self._engine.relay_event(self._engine.progress, progress, bool(self.loading))

    def lost(self, message: str, restarting: bool) -> None:
        """Relay that the engine is gone."""
        if not self.loading:
            self._engine.relay_event(self._engine.lost, message, restarting)

    def restored(self) -> None:
        """Relay that the engine is back."""
        if not self.loading:
            self._engine.relay_event(self._engine.restored)
