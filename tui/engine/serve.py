"""Serves an engine: reads requests from one file descriptor and writes replies to another.

It has five threads. The reader hands each request to one of three queues. The model thread answers `Open`, `Prompt`,
`Step` and `Job` in order; meanwhile the view thread answers `View` and `Encode`, from nodes and logits that never
change: logits that nobody has computed yet it computes itself, one forward at a time. The catalog thread answers
`Catalog`. Only the writer writes to the pipe.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue

import msgspec

from tui.core.progress import Report, Tell
from tui.engine.fds import read_exactly, skip
from tui.engine.outbox import Outbox, failure
from tui.engine.port import EngineLike
from tui.errors import SamplescopeError
from tui.protocol import (
    MAX_FRAME,
    AnyRequest,
    Catalog,
    Encode,
    Failed,
    Job,
    Open,
    Partial,
    Progress,
    Prompt,
    Reply,
    Step,
    Stepped,
    Stop,
    Stopped,
    View,
    decode_request,
)

FLUSH_SECONDS = 0.2
"""How long to wait for the writer once the other side has closed the pipe: the engine must end within 1 s of EOF."""
LAST_WORD_SECONDS = 2.0
"""How long to wait for the writer after a fatal failure, so that the failure itself is still sent."""


@dataclass(frozen=True, slots=True)
class _Task:
    """A request and its number in the order of arrival."""

    request: AnyRequest
    number: int


def serve(make: Callable[[], EngineLike], source: int, sink: int) -> int:
    """Serve until the other side closes the pipe (returns 0) or the engine cannot go on (returns 1).

    `make` is called on the model thread, so that its imports delay neither the greeting nor the reader.
    """
    return Server(make, source, sink).run()


class Server:
    """Serves one engine on one pipe."""

    def __init__(self, make: Callable[[], EngineLike], source: int, sink: int) -> None:
        self._make = make
        self._source, self._sink = source, sink
        self._engine: EngineLike | None = None
        self._outbox = Outbox()
        self._model_tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._view_tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._catalog_tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._arrived = 0
        self._stopped_up_to = 0
        self._done = threading.Event()
        self._status = 0

    def run(self) -> int:
        """Start the threads and wait for the end; the process's exit status."""
        writer = _thread("writer", self._outbox.write, self._sink, self._done.set)
        _thread("model", self._run_model_thread)
        _thread("view", self._answer_all, self._view_tasks, self._answer_view)
        _thread("catalog", self._answer_all, self._catalog_tasks, self._answer_catalog)
        _thread("reader", self._read)
        self._done.wait()
        self._stop_all()
        self._model_tasks.put(None)
        self._view_tasks.put(None)
        self._catalog_tasks.put(None)
        self._outbox.close()
        writer.join(LAST_WORD_SECONDS if self._status else FLUSH_SECONDS)
        return self._status

    # -- reader ------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        try:
            while (header := read_exactly(self._source, 4)) is not None:
                length = int.from_bytes(header, "big")
                if length > MAX_FRAME:
                    self._refuse(0, f"A request of {length} bytes is over the limit of {MAX_FRAME}.")
                    skip(self._source, length)
                elif (body := read_exactly(self._source, length)) is not None:
                    self._accept(body)
        finally:
            self._done.set()

    def _refuse(self, request_id: int, message: str) -> None:
        self._outbox.reply(failure(request_id, "protocol", message))

    def _accept(self, body: bytes) -> None:
        """Queue one request. A body that is not a request is refused, with the id it holds, if any."""
        try:
            request = decode_request(body)
        except Exception as error:
            self._refuse(_id_in(body), f"This is not a request: {error}")
            return
        self._arrived += 1
        task = _Task(request, self._arrived)
        if isinstance(request, Stop):
            self._stop_all()
            self._outbox.reply(Stopped(id=request.id))
        else:
            self._tasks_for(request).put(task)

    def _tasks_for(self, request: AnyRequest) -> SimpleQueue[_Task | None]:
        """The queue for a request. Listing a large hub cache takes seconds, so `Catalog` has a queue of its own."""
        if isinstance(request, Catalog):
            return self._catalog_tasks
        return self._view_tasks if isinstance(request, View | Encode) else self._model_tasks

    def _stop_all(self) -> None:
        """Stop the requests that have arrived so far, running or waiting, but no later one."""
        self._stopped_up_to = self._arrived
        if self._engine is not None:
            self._engine.stop()

    # -- model and view threads --------------------------------------------------------------------------------------

    def _run_model_thread(self) -> None:
        try:
            self._engine = self._make()
        except BaseException as error:
            traceback.print_exc(file=sys.stderr)
            reason = f"The engine cannot start: {_one_line(error)}"
            self._answer_all(self._model_tasks, lambda task: failure(task.request.id, "internal", reason, fatal=True))
        else:
            self._answer_all(self._model_tasks, self._answer_model)

    def _answer_all(self, tasks: SimpleQueue[_Task | None], answer: Callable[[_Task], Reply]) -> None:
        """Take tasks from a queue and answer each exactly once, whatever happens; end after a fatal failure."""
        while (task := tasks.get()) is not None:
            reply = _safely(answer, task)
            self._outbox.reply(reply)
            if isinstance(reply, Failed) and reply.fatal:
                self._status = 1
                self._done.set()
                return

    def _answer_model(self, task: _Task) -> Reply:
        """Answer on the model thread."""
        engine, request = self._ready(), task.request
        if task.number <= self._stopped_up_to and not isinstance(request, Open):
            return _stopped_reply(request)
        match request:
            case Open():
                return engine.open(request, self._reporter(task))
            case Prompt():
                return engine.prompt(request, self._reporter(task))
            case Step():
                return self._step(engine, request, task)
            case Job():
                return engine.job(request, self._reporter(task), self._teller(task))
        raise TypeError(f"{type(request).__name__} is not for the model thread")

    def _answer_view(self, task: _Task) -> Reply:
        """Answer on the view thread."""
        engine, request = self._ready(), task.request
        if isinstance(request, View):
            return engine.view(request, self._reporter(task))
        assert isinstance(request, Encode)
        return engine.encode(request)

    def _answer_catalog(self, task: _Task) -> Reply:
        """Answer on the catalog thread."""
        assert isinstance(task.request, Catalog)
        return self._ready().catalog(task.request)

    def _ready(self) -> EngineLike:
        if self._engine is None:
            raise SamplescopeError("The engine is still starting.")
        return self._engine

    def _step(self, engine: EngineLike, request: Step, task: _Task) -> Stepped:
        steps = engine.step(request, self._reporter(task))
        while True:
            self._stop_again(task)
            try:
                node = next(steps)
            except StopIteration as end:
                stepped: Stepped = end.value
                return stepped
            self._outbox.grow(engine.revision, node)

    def _reporter(self, task: _Task) -> Report:
        def report(stage: str, done: float, total: float | None, unit: str) -> None:
            self._stop_again(task)
            progress = Progress(of=task.request.id, stage=stage, done=done, total=total, unit=unit)
            self._outbox.progress(progress)

        return report

    def _teller(self, task: _Task) -> Tell:
        return lambda part: self._outbox.reply(Partial(of=task.request.id, result=part))

    def _stop_again(self, task: _Task) -> None:
        """Repeat a stop: the engine may have cleared its flag, beginning this task, just after the flag was set."""
        if task.number <= self._stopped_up_to and self._engine is not None:
            self._engine.stop()


def _thread(name: str, work: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=work, args=arguments, name=name, daemon=True)
    thread.start()
    return thread


def _safely(answer: Callable[[_Task], Reply], task: _Task) -> Reply:
    """The reply to a task; a `Failed` if answering it raises."""
    try:
        return answer(task)
    except SamplescopeError as error:
        fatal = bool(getattr(error, "fatal", False))
        if error.__cause__ is not None:
            traceback.print_exception(error.__cause__, file=sys.stderr)
        return failure(task.request.id, error.kind, error.message, error.remedy, fatal=fatal)
    except BaseException as error:
        traceback.print_exc(file=sys.stderr)
        fatal = not isinstance(error, Exception) or bool(getattr(error, "fatal", False))
        return failure(task.request.id, "internal", f"The engine failed: {_one_line(error)}", fatal=fatal)


def _one_line(error: BaseException) -> str:
    """An exception in one line."""
    first = next((line for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def _stopped_reply(request: AnyRequest) -> Reply:
    if isinstance(request, Step):
        return Stepped(id=request.id, tip=request.at, reason="stopped")
    return failure(request.id, "stopped", "Stopped before it began.")


def _id_in(body: bytes) -> int:
    """The request id in a body that is not a valid request; 0 if there is none."""
    try:
        number = msgspec.convert(msgspec.msgpack.decode(body), dict[str, object]).get("id")
    except Exception:
        return 0
    return number if isinstance(number, int) else 0
