"""The UI's side of the pipe: starts an engine, asks it, mirrors its story, brings it back when it dies.

Everything runs on one asyncio loop; nothing here waits for the engine except the coroutine that asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from tui.client.asking import Greeted
from tui.client.exchange import Exchange, ReplyT
from tui.client.failures import EngineFailed as EngineFailed
from tui.client.failures import PipeError
from tui.client.listener import Listener as Listener
from tui.client.mirror import Mirror
from tui.client.pipe import Link
from tui.client.starter import Starter
from tui.client.views import Wish
from tui.core.origin import Origin
from tui.core.printable import printable
from tui.core.settings import DEFAULT_SEED, Given
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
"""Gives a link to a new engine."""


class Client:
    """One engine, started again when it dies: once by itself, then by `restart`. `mirror` outlives it."""

    def __init__(
        self,
        listener: Listener,
        command: Sequence[str] | None = None,
        greeted: Greeted | None = None,
    ) -> None:
        """`command` starts an engine (None: a child of ours); `greeted` is one that it has started already."""
        self.mirror = Mirror()
        self.ready: Ready | None = None
        """Where the engine runs, once it has greeted."""
        self._listener = listener
        self._starter = Starter(command, greeted)
        self._connect: Connect = self._starter.connect
        self._exchange = Exchange(listener, self.mirror)
        self._link: Link | None = None
        self._up = self._closed = False
        self._spare_start = True
        self._reading: asyncio.Task[None] | None = None
        self._returning: asyncio.Task[None] | None = None

    @classmethod
    def over(cls, listener: Listener, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Client:
        """A client of an engine that somebody else holds at the end of two streams; it cannot be started again."""
        links = [Link(reader, writer)]

        async def connect() -> Link:
            if not links:
                raise EngineFailed("start", "This engine cannot be started again from here.")
            return links.pop()

        return cls.connecting(listener, connect)

    @classmethod
    def connecting(cls, listener: Listener, connect: Connect) -> Client:
        """A client that gets each engine, the first and those after a death, from `connect`."""
        client = cls(listener)
        client._connect = connect
        return client

    # -- what is asked -----------------------------------------------------------------------------------------------

    async def open(self, origin: Origin | None = None) -> Opened:
        """Load a model (None: the demo model); the story begins anew."""
        return await self.request(Open(origin=origin or Origin()), Opened)

    async def prompt(
        self, text: str = "", ids: list[int] | None = None, *, chat: bool = False, system: str = ""
    ) -> Prompted:
        """Give the model a prompt, as text (through its chat template if `chat`) or as ids."""
        return await self.request(Prompt(text=text, ids=ids, chat=chat, system=system), Prompted)

    async def step(
        self, at: int, given: Given, seed: int = DEFAULT_SEED, count: int | None = 1, token: int | None = None
    ) -> Stepped:
        """Draw `count` tokens after node `at` (None: until a stop), or take `token`; nodes come through `grown`."""
        return await self.request(Step(at=at, given=given, seed=seed, count=count, token=token), Stepped)

    async def encode(self, text: str, *, chat: bool = False, system: str = "") -> int:
        """How many tokens a text has."""
        return (await self.request(Encode(text=text, chat=chat, system=system), Encoded)).count

    async def catalog(self) -> Cataloged:
        """Which models lie on the engine's machine."""
        return await self.request(Catalog(), Cataloged)

    async def job(self, kind: str, parameters: dict[str, object]) -> dict[str, object]:
        """Run an experiment."""
        return (await self.request(Job(kind=kind, parameters=parameters), Finished)).result

    def stop(self) -> None:
        """End the step, prompt or job under way at its next forward; nothing to wait for."""
        if self._up:
            self._exchange.send(Stop())

    def view(self, view: View, then: Callable[[Viewed], None], refused: Callable[[EngineFailed], None]) -> None:
        """Ask for a view once its slot is free; one that a newer one of its slot overtakes is never answered."""
        if not self._closed:
            self._exchange.view(Wish(view, then, refused))

    async def request(self, request: AnyRequest, reply: type[ReplyT]) -> ReplyT:
        """Send a request and wait for its reply. EngineFailed if there is no engine, or it refuses."""
        if self._closed:
            raise _closed()
        if not self._up:
            raise EngineFailed("lost", "There is no engine at the moment.", "Try again when it is back.")
        return await self._exchange.ask(request, reply)

    # -- life --------------------------------------------------------------------------------------------------------

    async def start(self) -> Ready:
        """Start the engine and wait for its greeting (not for torch). EngineFailed if there is none."""
        link = await self._begin()
        self._go()
        return await link.greet()

    async def restart(self) -> None:
        """End the engine, even in the middle of something, and start it with the same model and story."""
        self._supersede()
        await self._drop(self._link, EngineFailed("lost", "The engine was started again."))
        returning = self._returning = asyncio.create_task(self._come_back(), name="engine-restart")
        try:
            await returning
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            raise _closed() if self._closed else EngineFailed("lost", "The engine was started once more.") from None
        self._exchange.tell(self._listener.restored)

    @property
    def must_ask(self) -> bool:
        """The engine's command has failed where it could not ask: before the next `restart`, `ask` lets it."""
        return self._starter.must_ask

    def ask(self) -> None:
        """Start the command on the plain terminal, blocking, for the next `restart` to use.

        EngineFailed if no engine greets, KeyboardInterrupt at Ctrl+C.
        """
        self._starter.ask()

    async def close(self) -> None:
        """End the engine now, whatever it is doing; what was asked fails. May be called at any time, and again."""
        self._closed = True
        self._starter.close()
        returning = self._returning
        self._supersede()
        await self._drop(self._link, _closed())
        if returning is not None:
            await asyncio.wait([returning])  # until it has ended what it has started

    async def _begin(self) -> Link:
        """A new link, greeted and read from."""
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

    async def _come_back(self) -> None:
        """A new engine with the mirror's model and story. EngineFailed, and no engine, if either cannot be had."""
        link = await self._begin()
        try:
            if (reopening := self.mirror.reopening()) is not None:
                await self._exchange.ask(reopening, Opened)
        except BaseException:
            await self._drop(link, EngineFailed("lost", "The engine did not come back."))
            raise
        self._go()

    def _go(self) -> None:
        self._up = True
        self._exchange.resume()

    def _supersede(self) -> None:
        """Give up a restart under way."""
        if self._returning is not None:
            self._returning.cancel()
            self._returning = None

    async def _drop(self, link: Link | None, error: EngineFailed) -> None:
        """End this engine; what was asked of it fails with `error`."""
        if link is None:
            return
        link.kill()
        if link is self._link:
            self._forget(error)
        await link.close()

    def _forget(self, error: EngineFailed) -> None:
        self._link, self._up = None, False
        if self._reading is not None and self._reading is not asyncio.current_task():
            self._reading.cancel()
        self._reading = None
        self._exchange.detach(error)

    async def _read(self, link: Link) -> None:
        """Deal with what comes through a link until its end."""
        broken = ""
        try:
            while True:
                answer = await link.read()
                if isinstance(answer, Failed) and answer.fatal:
                    link.verdict = answer.message
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
        """The engine has died. During a restart it is the restart that fails, and nobody is told twice."""
        up = self._up
        self._forget(EngineFailed("lost", reason))
        if not up:
            return
        again, self._spare_start = self._spare_start, False
        self._exchange.tell(self._listener.lost, reason, again)
        if again:
            self._returning = asyncio.create_task(self._return(), name="engine-return")

    async def _return(self) -> None:
        """The one start that needs no key."""
        try:
            await self._come_back()
        except EngineFailed as error:
            self._exchange.tell(self._listener.lost, str(error), False)
        else:
            self._exchange.tell(self._listener.restored)


def _closed() -> EngineFailed:
    return EngineFailed("closed", "The engine was closed.")
