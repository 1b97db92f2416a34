"""Requests and their answers over whatever link there is: who waits for what, and what the mirror takes over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from tui.client.failures import EngineFailed, PipeError
from tui.client.listener import Listener
from tui.client.mirror import Mirror
from tui.client.pipe import Link
from tui.client.views import LatestPerSlot, Wish
from tui.protocol import Answer, AnyRequest, Failed, Grown, Message, Open, Progress, Ready, Viewed

LOG = logging.getLogger("samplescope")
ReplyT = TypeVar("ReplyT", bound=Message)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request sent and not answered, and who waits for it: a coroutine, or a view's callbacks, or nobody."""

    request: AnyRequest
    future: asyncio.Future[Message] | None = None
    wish: Wish | None = None


class Exchange:
    """Every request is answered once, or fails when the link is gone; views are asked one at a time per slot."""

    def __init__(self, listener: Listener, mirror: Mirror) -> None:
        self._listener = listener
        self._mirror = mirror
        self._link: Link | None = None
        self._viewing = False
        self._last_id = 0
        self._asked: dict[int, _Asked] = {}
        self._wishes = LatestPerSlot()

    # -- asking ------------------------------------------------------------------------------------------------------

    async def ask(self, request: AnyRequest, reply: type[ReplyT]) -> ReplyT:
        """Send a request and wait for its answer, however long that takes. EngineFailed if it is refused or lost."""
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self.send(request, future)
        answer = await future
        if not isinstance(answer, reply):
            raise EngineFailed("protocol", f"The engine answered with {type(answer).__name__}.")
        return answer

    def send(
        self, request: AnyRequest, future: asyncio.Future[Message] | None = None, wish: Wish | None = None
    ) -> None:
        """Send a request nobody need wait for."""
        if self._link is None:
            raise EngineFailed("lost", "There is no engine at the moment.", "Try again when it is back.")
        self._last_id += 1
        request = msgspec.structs.replace(request, id=self._last_id)
        self._link.send(request)
        self._asked[self._last_id] = _Asked(request, future, wish)

    def view(self, wish: Wish) -> None:
        """Ask for a view once its slot is free, unless a newer wish comes first."""
        self._wishes.wish(wish)
        self._flush()

    def _flush(self) -> None:
        """Send the wishes that are due. Before a model is open there is nothing to view."""
        if not self._viewing or self._mirror.opened is None:
            return
        for wish in self._wishes.due():
            try:
                self.send(wish.view, wish=wish)
            except EngineFailed as error:
                self._wishes.answered(wish.view.slot)
                self.tell(wish.refused, error)

    # -- the link ----------------------------------------------------------------------------------------------------

    def attach(self, link: Link) -> None:
        """Requests go to this link from now on; views only once `resume` says that its story is there."""
        self._link = link

    def resume(self) -> None:
        """Views may be asked: also those that a death left unanswered."""
        self._viewing = True
        self._flush()

    def detach(self, error: EngineFailed) -> None:
        """The link is gone: what was asked fails with `error`, and unanswered views become wishes again."""
        self._link, self._viewing = None, False
        asked, self._asked = self._asked, {}
        self._wishes.lost()
        for future in (one.future for one in asked.values()):
            if future is not None and not future.done():
                future.set_exception(error)

    # -- what comes in -----------------------------------------------------------------------------------------------

    def take(self, answer: Answer) -> None:
        """Deal with one message from the engine. PipeError if it could not read what we sent."""
        match answer:
            case Ready():
                pass
            case Grown():
                self._mirror.grow(answer)
                self.tell(self._listener.grown, answer.nodes)
            case Progress():
                self.tell(self._listener.progress, answer)
            case Failed(id=0):
                raise PipeError(f"The engine could not read a request: {answer.message}")
            case _:
                if (asked := self._asked.pop(answer.id, None)) is not None:
                    self._answered(asked, answer)

    def _answered(self, asked: _Asked, answer: Message) -> None:
        self._mirror.answered(asked.request, answer)
        if asked.wish is not None:
            self._viewed(asked.wish, answer)
            return
        if isinstance(asked.request, Open) and not isinstance(answer, Failed):
            self._opened(asked.request)
        if asked.future is None or asked.future.done():
            return
        if isinstance(answer, Failed):
            asked.future.set_exception(_failed(answer))
        else:
            asked.future.set_result(answer)

    def _opened(self, opened: Open) -> None:
        if not opened.story:
            # Wishes for nodes of the story before.
            self._wishes.clear()
        self._flush()

    def _viewed(self, wish: Wish, answer: Message) -> None:
        self._wishes.answered(wish.view.slot)
        self._flush()
        if isinstance(answer, Viewed):
            self.tell(wish.then, answer)
        elif isinstance(answer, Failed):
            self.tell(wish.refused, _failed(answer))

    def tell(self, tell: Callable[..., None], *news: object) -> None:
        """Call the listener. An exception in it is logged and never breaks the connection."""
        try:
            tell(*news)
        except Exception:
            LOG.exception("a listener failed")


def _failed(answer: Failed) -> EngineFailed:
    return EngineFailed(answer.kind, answer.message, answer.remedy)
