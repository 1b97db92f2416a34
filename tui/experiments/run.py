"""`run`: a whole generation as records, with what every step decided."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, Queue
from typing import Any

import torch

from tui.core import records
from tui.core.candidates import Row
from tui.core.records import Record
from tui.core.story import Node
from tui.engine.decide import Distribution
from tui.engine.engine import Engine
from tui.errors import SamplescopeError
from tui.launch import LaunchOptions
from tui.models.base import Tokens
from tui.protocol import Open, Prompt, Prompted, Step, Stepped

AHEAD = 4
Steps = Generator[tuple[Node, Distribution], None, Stepped]


def quiet(_stage: str, _done: float, _total: float | None, _unit: str) -> None:
    """A report nobody reads."""


def start(options: LaunchOptions) -> tuple[Engine, Prompted]:
    """An engine with the model open and the prompt read. Bad input shows here, before anything is printed."""
    engine = Engine()
    engine.open(Open(model=options.model, options=options.engine_options()), quiet)
    engine.settings(options.given)
    return engine, engine.prompt(Prompt(text=options.prompt), quiet)


def run_records(options: LaunchOptions, top: int) -> Iterator[Record]:
    """The records of one run: `run`, `step`…, `end` or `error`. `top` candidates a step, -1 for all."""
    engine, prompted = start(options)
    facts = engine.model.facts
    yield records.run_record(
        model=facts.name, backend="transformers", device=facts.device, dtype=facts.dtype, vocab_size=facts.vocabulary,
        settings=engine.settings(options.given), seed=options.seed, prompt=options.prompt,
        prompt_ids=[node.token for node in prompted.nodes],
    )  # fmt: skip
    yield from step_records(
        engine, Step(at=prompted.nodes[-1].id, given=options.given, seed=options.seed, count=None), top
    )


def step_records(engine: Engine, request: Step, top: int) -> Iterator[Record]:
    """The `step` records of a run, and its `end` or `error`."""
    started = time.monotonic()
    nodes: list[Node] = []
    with _interruptible(engine) as interrupted:
        for item in _ahead(engine.steps(request)):
            if isinstance(item, SamplescopeError):
                yield records.error_record(item.kind, item.message, item.remedy)
                return
            if isinstance(item, Stepped):
                reason = "interrupted" if interrupted.is_set() else item.reason
                break
            node, here = item
            nodes.append(node)
            yield _step(len(nodes) - 1, node, here, engine.model.tokens, top)
    yield records.end_record(
        reason=reason, ids=[node.token for node in nodes], pieces=[node.piece for node in nodes],
        seconds=time.monotonic() - started,
    )  # fmt: skip


def _ahead(steps: Steps) -> Iterator[tuple[Node, Distribution] | Stepped | SamplescopeError]:
    """Step in a thread, up to `AHEAD` steps before what is described: describing costs the model next to nothing.

    The last item says how it ended; what is no SamplescopeError is raised here. The thread is gone when this is.
    """
    done: Queue[Any] = Queue(AHEAD)
    abandoned = threading.Event()

    def produce() -> None:
        try:
            while not abandoned.is_set():
                done.put(next(steps))
        except StopIteration as end:
            done.put(end.value)
        except BaseException as error:
            done.put(error)

    thread = threading.Thread(target=produce, daemon=True)
    thread.start()
    try:
        while True:
            item = done.get()
            if isinstance(item, BaseException) and not isinstance(item, SamplescopeError):
                raise item
            yield item
            if not isinstance(item, tuple):
                return
    finally:
        abandoned.set()
        _wait_for(thread, done)


def _wait_for(thread: threading.Thread, done: Queue[Any]) -> None:
    """An interpreter that ends under a forward aborts; and a full queue must not hold the thread up."""
    while thread.is_alive():
        with suppress(Empty):
            done.get(timeout=0.02)


@contextmanager
def _interruptible(engine: Engine) -> Iterator[threading.Event]:
    """Let one Ctrl-C end the run after the step under way; a second one ends the program."""
    interrupted = threading.Event()

    def on_interrupt(_signal: int, _frame: object) -> None:
        interrupted.set()
        engine.stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, on_interrupt) if _in_main_thread() else None
    try:
        yield interrupted
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _step(index: int, node: Node, here: Distribution, tokens: Tokens, top: int) -> Record:
    return records.step_record(
        index, node, kept_mass=here.kept_mass, entropy=here.entropy, cuts=here.cuts,
        candidates=candidates(here, tokens, top),
    )  # fmt: skip


def candidates(here: Distribution, tokens: Tokens, top: int) -> list[Row]:
    """The best `top` candidates (all for -1) without sorting the rest."""
    count = here.row.shape[0] if top < 0 else min(top, here.row.shape[0])
    if count == 0:
        return []
    ids = torch.topk(here.scored.base[0], count).indices
    tempered = here.tempered[0, ids]
    columns = (
        ids, here.row[ids], here.raw[0, ids], tempered, here.final[0, ids], tempered.cumsum(0, dtype=torch.float64)
    )  # fmt: skip
    removed = here.applied.removed_by(ids)
    return [
        Row(rank, token, tokens.piece(token), tokens.special(token), logit, raw, warm, final, cumulative, stage)
        for rank, (token, logit, raw, warm, final, cumulative, stage) in enumerate(
            zip(*(column.tolist() for column in columns), removed, strict=True), start=1
        )
    ]
