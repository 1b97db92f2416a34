"""Matches replies to pending requests over the current link, and hands them to the mirror."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import msgspec

from tui.client.checking import check
from tui.client.failures import EngineFailed, PipeError
from tui.client.listener import Listener
from tui.client.mirror import Mirror
from tui.client.pipe import Link
from tui.client.views import LatestPerSlot, QueuedView
from tui.protocol import Answer, AnyRequest, Failed, Grown, Message, Open, Partial, Progress, Ready, Viewed

LOG = logging.getLogger("samplescope")
ReplyT = TypeVar("ReplyT", bound=Message)
Part = Callable[[dict[str, object]], None]
"""Called with each part of a job's result, as soon as it is known."""


class Watch(NamedTuple):
    """What listens to a job under way."""

    part: Part | None = None
    progress: Callable[[Progress], None] | None = None
    """Called with the job's progress, which then does not go to the listener."""


UNWATCHED = Watch()


@dataclass(frozen=True, slots=True)
class _Pending:
    """A request sent and without a reply yet, and what waits for it: a future, callbacks, or nothing."""

    request: AnyRequest
    future: asyncio.Future[Message] | None = None
    queued: QueuedView | None = None
    watch: Watch = UNWATCHED


class Exchange:
    """Each request gets one reply, or fails when the link is lost. At most one view per slot is pending."""

    def __init__(self, listener: Listener, mirror: Mirror) -> None:
        self._listener = listener
        self._mirror = mirror
        self._link: Link | None = None
        self._viewing = False
        self._last_id = 0
        self._pending: dict[int, _Pending] = {}
        self._views = LatestPerSlot()

    # -- sending -----------------------------------------------------------------------------------------------------

    async def ask(self, request: AnyRequest, reply: type[ReplyT], watch: Watch = UNWATCHED) -> ReplyT:
        """Send a request and wait for its reply, without a time limit. EngineFailed if it is refused or lost."""
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self.send(request, future, watch=watch)
        answer = await future
        if not isinstance(answer, reply):
            raise EngineFailed("protocol", f"The engine answered with {type(answer).__name__}.")
        return answer

    def send(
        self, request: AnyRequest, future: asyncio.Future[Message] | None = None, queued: QueuedView | None = None,
        watch: Watch = UNWATCHED,
    ) -> None:  # fmt: skip
        """Send a request and return; `future` or the view's callbacks get the reply. EngineFailed without a link."""
        if self._link is None:
            raise EngineFailed("lost", "There is no engine at the moment.", "Try again when it is back.")
        self._last_id += 1
        request = msgspec.structs.replace(request, id=self._last_id)
        self._link.send(request)
        self._pending[self._last_id] = _Pending(request, future, queued, watch)

    def view(self, queued: QueuedView) -> None:
        """Send a view once its slot is free, unless a newer view for the slot is queued first."""
        self._views.queue(queued)
        self._flush()

    def _flush(self) -> None:
        """Send the queued views whose slot is free; none before a model is open."""
        if not self._viewing or self._mirror.opened is None:
            return
        for queued in self._views.due():
            try:
                self.send(queued.view, queued=queued)
            except EngineFailed as error:
                self._views.answered(queued.view.slot)
                self.notify(queued.refused, error)

    # -- the link ----------------------------------------------------------------------------------------------------

    def attach(self, link: Link) -> None:
        """Send requests to this link from now on; views only after `resume`, when the engine has the story."""
        self._link = link

    def resume(self) -> None:
        """The engine has the story: send queued views, and those the previous engine left without a reply."""
        self._viewing = True
        self._flush()

    def detach(self, error: EngineFailed) -> None:
        """The link is gone: pending requests fail with `error`, pending views are queued again."""
        self._link, self._viewing = None, False
        pending, self._pending = self._pending, {}
        self._views.lost()
        for future in (request.future for request in pending.values()):
            if future is not None and not future.done():
                future.set_exception(error)

    # -- receiving ---------------------------------------------------------------------------------------------------

    def take(self, answer: Answer) -> None:
        """Handle one message from the engine. PipeError if it cannot be true, or says that a request was unreadable."""
        pending = self._pending.get(getattr(answer, "id", 0))
        check(answer, None if pending is None else pending.request, self._mirror.story, self._mirror.opened)
        match answer:
            case Ready():
                pass
            case Grown():
                self._mirror.grow(answer)
                self.notify(self._listener.grown, answer.nodes)
            case Progress():
                self.notify(self._watch_of(answer.of).progress or self._listener.progress, answer)
            case Partial():
                if (part := self._watch_of(answer.of).part) is not None:
                    self.notify(part, answer.result)
            case Failed(id=0):
                raise PipeError(f"The engine could not read a request: {answer.message}")
            case _:
                if pending is not None:
                    del self._pending[answer.id]
                    self._answered(pending, answer)

    def _watch_of(self, request: int) -> Watch:
        """What listens to a request under way."""
        pending = self._pending.get(request)
        return UNWATCHED if pending is None else pending.watch

    def _answered(self, pending: _Pending, answer: Message) -> None:
        self._mirror.answered(pending.request, answer)
        if pending.queued is not None:
            self._viewed(pending.queued, answer)
            return
        if isinstance(pending.request, Open) and not isinstance(answer, Failed):
            self._opened(pending.request)
        if pending.future is None or pending.future.done():
            return
        if isinstance(answer, Failed):
            pending.future.set_exception(_failed(answer))
        else:
            pending.future.set_result(answer)

    def _opened(self, request: Open) -> None:
        if not request.story:
            # Queued views are about nodes of the previous story.
            self._views.clear()
        self._flush()

    def _viewed(self, queued: QueuedView, answer: Message) -> None:
        self._views.answered(queued.view.slot)
        self._flush()
        if isinstance(answer, Viewed):
            self.notify(queued.then, answer)
        elif isinstance(answer, Failed):
            self.notify(queued.refused, _failed(answer))

    def notify(self, callback: Callable[..., None], *arguments: object) -> None:
        """Call a callback. An exception in it is logged and never breaks the connection."""
        try:
            callback(*arguments)
        except Exception:
            LOG.exception("a listener failed")


def _failed(answer: Failed) -> EngineFailed:
    return EngineFailed(answer.kind, answer.message, answer.remedy)
