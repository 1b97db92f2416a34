"""The UI's side of the pipe: starts an engine, sends it requests, mirrors its story, restarts it when it dies.

Everything runs on one asyncio loop; only the coroutine that sent a request waits for its reply.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tui.client.asking import GreetedEngine
from tui.client.exchange import UNWATCHED, Exchange, Part, ReplyT, Watch
from tui.client.failures import EngineFailed as EngineFailed
from tui.client.failures import PipeError
from tui.client.listener import Listener as Listener
from tui.client.mirror import Mirror
from tui.client.pipe import Link
from tui.client.starter import Starter
from tui.client.views import QueuedView
from tui.core.origin import Origin
from tui.core.printable import printable
from tui.core.settings import DEFAULT_SEED, Given
from tui.core.story import Node
from tui.protocol import (
    AnyRequest,
    Catalog,
    Cataloged,
    Encode,
    Encoded,
    Failed,
    Finished,
    Job,
    Open,
    Opened,
    Progress,
    Prompt,
    Prompted,
    Ready,
    Step,
    Stepped,
    Stop,
    View,
    Viewed,
)

Connect = Callable[[], Awaitable[Link]]
"""Starts or reaches a new engine and returns the link to it."""


class Client:
    """One engine, restarted when it dies: once automatically, then only by `restart`. `mirror` outlives the engine."""

    def __init__(
        self,
        listener: Listener,
        command: Sequence[str] | None = None,
        greeted: GreetedEngine | None = None,
    ) -> None:
        """`command` starts an engine (None: this interpreter); `greeted` is an engine it has already started."""
        self.mirror = Mirror()
        self.ready: Ready | None = None
        """The engine's greeting, which says where it runs; None until then."""
        self._listener = listener
        self._starter = Starter(command, greeted)
        self._connect: Connect = self._starter.connect
        self._exchange = Exchange(listener, self.mirror)
        self._link: Link | None = None
        self._up = self._closed = False
        self._may_restart = True
        self._reading: asyncio.Task[None] | None = None
        self._restarting: asyncio.Task[None] | None = None

    @classmethod
    def over(cls, listener: Listener, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Client:
        """A client of an engine that runs elsewhere, reached by two streams; it cannot be restarted from here."""
        links = [Link(reader, writer)]

        async def connect() -> Link:
            if not links:
                raise EngineFailed("start", "This engine cannot be started again from here.")
            return links.pop()

        return cls.connecting(listener, connect)

    @classmethod
    def connecting(cls, listener: Listener, connect: Connect) -> Client:
        """A client that gets its first engine, and a new one after each death, from `connect`."""
        client = cls(listener)
        client._connect = connect
        return client

    # -- requests ----------------------------------------------------------------------------------------------------

    async def open(
        self, origin: Origin | None = None, story: Sequence[Node] = (), story_vocabulary: int | None = None
    ) -> Opened:
        """Load a model (None: the demo model) with these nodes as its story, drawn over `story_vocabulary` logits."""
        opening = Open(origin=origin or Origin(), story=list(story), story_vocabulary=story_vocabulary)
        return await self.request(opening, Opened)

    async def prompt(self, text: str = "", ids: list[int] | None = None, **how: Any) -> Prompted:
        """Give the model a prompt, as text or as ids; `how`: `chat`, `system` and `add_special_tokens` of `Prompt`."""
        return await self.request(Prompt(text=text, ids=ids, **how), Prompted)

    async def step(
        self, at: int, given: Given, seed: int = DEFAULT_SEED, count: int | None = 1, token: int | None = None
    ) -> Stepped:
        """Draw `count` tokens after node `at` (None: until a stop), or take `token`; nodes go to `Listener.grown`."""
        return await self.request(Step(at=at, given=given, seed=seed, count=count, token=token), Stepped)

    async def encode(self, text: str, **how: Any) -> int:
        """How many tokens a text has; `how` as for `prompt`."""
        return (await self.request(Encode(text=text, **how), Encoded)).count

    async def catalog(self) -> Cataloged:
        """The models in the cache of the engine's machine."""
        return await self.request(Catalog(), Cataloged)

    async def job(
        self, kind: str, parameters: dict[str, object], part: Part | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> dict[str, object]:  # fmt: skip
        """Run an experiment of this kind on the engine and wait for its result; `part` gets what is known before.

        `progress` gets the job's progress; without it the listener does.
        EngineFailed of kind `stopped` if `stop` has ended it.
        """
        return (await self.request(Job(kind=kind, parameters=parameters), Finished, Watch(part, progress))).result

    def stop(self) -> None:
        """Ask the engine to end the running step, prompt or job at its next forward. Does not wait."""
        if self._up:
            self._exchange.send(Stop())

    def view(self, view: View, then: Callable[[Viewed], None], refused: Callable[[EngineFailed], None]) -> None:
        """Ask for a view once its slot is free. If a newer view for the slot comes first, no callback is called."""
        if not self._closed:
            self._exchange.view(QueuedView(view, then, refused))

    async def request(self, request: AnyRequest, reply: type[ReplyT], watch: Watch = UNWATCHED) -> ReplyT:
        """Send a request and wait for its reply. EngineFailed if there is no engine, or it refuses."""
        if self._closed:
            raise _closed()
        if not self._up:
            raise EngineFailed("lost", "There is no engine at the moment.", "Try again when it is back.")
        return await self._exchange.ask(request, reply, watch)

    # -- starting, restarting, closing -------------------------------------------------------------------------------

    async def start(self) -> Ready:
        """Start the engine and wait for its greeting (not for torch). EngineFailed if no engine greets."""
        link = await self._connect_link()
        self._allow_requests()
        return await link.greet()

    async def restart(self) -> None:
        """End the engine, even during a request, and start a new one with the same model and story."""
        self._cancel_restart()
        await self._drop(self._link, EngineFailed("lost", "The engine was started again."))
        restarting = self._restarting = asyncio.create_task(self._reopen(), name="engine-restart")
        try:
            await restarting
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            raise _closed() if self._closed else EngineFailed("lost", "The engine was started once more.") from None
        self._exchange.notify(self._listener.restored)

    @property
    def must_ask(self) -> bool:
        """True if the engine's command failed without a terminal to ask on: call `ask` before `restart`."""
        return self._starter.must_ask

    def ask(self) -> None:
        """Start the engine's command on the plain terminal, blocking; the next `restart` uses that engine.

        EngineFailed if no engine greets, KeyboardInterrupt at Ctrl+C.
        """
        self._starter.ask()

    async def close(self) -> None:
        """End the engine now, whatever it is doing; pending requests fail. May be called at any time and again."""
        self._closed = True
        self._starter.close()
        restarting = self._restarting
        self._cancel_restart()
        await self._drop(self._link, _closed())
        if restarting is not None:
            await asyncio.wait([restarting])  # a cancelled restart still ends the engine it has started

    async def _connect_link(self) -> Link:
        """Connect to a new engine, wait for its greeting, and start to read its replies."""
        link = await self._connect() if not self._closed and self._link is None else None
        if link is None or self._closed or self._link is not None:
            if link is not None:
                await link.close()
            raise _closed() if self._closed else EngineFailed("start", "The engine runs already.")
        self._link = link
        try:
            self.ready = await link.greet()
        except BaseException as error:
            await self._drop(link, EngineFailed("start", "The engine did not start."))
            raise _closed() if self._closed and isinstance(error, EngineFailed) else error from None
        self._exchange.attach(link)
        self._reading = asyncio.create_task(self._read(link), name="engine-read")
        return link

    async def _reopen(self) -> None:
        """Start a new engine with the mirror's model and story. EngineFailed, and no engine, if either step fails."""
        link = await self._connect_link()
        try:
            if (reopening := self.mirror.reopening()) is not None:
                await self._exchange.ask(reopening, Opened)
        except BaseException:
            await self._drop(link, EngineFailed("lost", "The engine did not come back."))
            raise
        self._allow_requests()

    def _allow_requests(self) -> None:
        self._up = True
        self._exchange.resume()

    def _cancel_restart(self) -> None:
        """Cancel the restart under way, if any."""
        if self._restarting is not None:
            self._restarting.cancel()
            self._restarting = None

    async def _drop(self, link: Link | None, error: EngineFailed) -> None:
        """End the engine behind `link`; requests pending there fail with `error`."""
        if link is None:
            return
        link.kill()
        if link is self._link:
            self._detach(error)
        await link.close()

    def _detach(self, error: EngineFailed) -> None:
        self._link, self._up = None, False
        if self._reading is not None and self._reading is not asyncio.current_task():
            self._reading.cancel()
        self._reading = None
        self._exchange.detach(error)

    async def _read(self, link: Link) -> None:
        """Handle every message from a link until the link ends."""
        broken = ""
        try:
            while True:
                answer = await link.read()
                if isinstance(answer, Failed) and answer.fatal:
                    link.fatal_message = answer.message
                self._exchange.take(answer)
        except PipeError as end:
            broken = str(end)
        except Exception as error:
            broken = f"The engine's answer could not be dealt with: {error!r}."
        if broken:
            link.kill()
        try:
            why = await link.end()
        except OSError as error:
            why = f"The engine is gone: {error}."
        if link is self._link:
            self._lost(printable(broken or why, space=" "))

    def _lost(self, reason: str) -> None:
        """The engine has died. During a restart the restart itself fails, so the listener is not called as well."""
        up = self._up
        self._detach(EngineFailed("lost", reason))
        if not up:
            return
        restarting, self._may_restart = self._may_restart, False
        self._exchange.notify(self._listener.lost, reason, restarting)
        if restarting:
            self._restarting = asyncio.create_task(self._restart_once(), name="engine-return")

    async def _restart_once(self) -> None:
        """The one automatic restart."""
        try:
            await self._reopen()
        except EngineFailed as error:
            self._exchange.notify(self._listener.lost, str(error), False)
        else:
            self._exchange.notify(self._listener.restored)


def _closed() -> EngineFailed:
    return EngineFailed("closed", "The engine was closed.")
