"""`run`: a whole generation as records, with the distribution of every step."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor

from tui.core import records
from tui.core.candidates import Candidate
from tui.core.parameters import Parameter
from tui.core.progress import Report, quiet
from tui.core.records import Record
from tui.core.settings import RefusedDefaultError
from tui.core.stages import SAMPLING_PARAMETERS
from tui.core.story import Node
from tui.engine.decide import Distribution
from tui.engine.engine import Engine
from tui.errors import InputError, RunError, SamplescopeError, on_command_line
from tui.launch import LaunchOptions
from tui.models.base import CONTEXT, Tokens
from tui.protocol import Open, Prompt, Prompted, Step


def start(options: LaunchOptions, report: Report = quiet) -> tuple[Engine, Prompted]:
    """An engine with the model open and the prompt read. Bad input raises here, before anything is printed."""
    engine = Engine()
    engine.open(Open(origin=options.origin), report)
    try:
        engine.settings(options.given)
    except RefusedDefaultError as error:
        raise InputError(error.message, _options(error.parameter)) from None
    return engine, engine.prompt(_prompt(options), report)


def _prompt(options: LaunchOptions) -> Prompt:
    return Prompt(
        text=options.prompt, chat=options.chat, system=options.system, add_special_tokens=options.add_special_tokens
    )


def _options(parameter: Parameter) -> str:
    """The remedy for a refused default: the options a person can give instead."""
    return f"Give {{{parameter.flag}}}{', or {--greedy}' if parameter.name in SAMPLING_PARAMETERS else ''}."


def run_records(options: LaunchOptions, top: int, report: Report = quiet) -> Iterator[Record]:
    """The records of one run: `run`, `step`…, `end` or `error`. `top` is how many candidates each step has, -1: all."""
    try:
        engine, prompted = start(options, report)
    except RunError as error:
        yield error_record(error)
        return
    info = engine.model.info
    yield records.run_record(
        model=info.name, backend=info.backend, device=info.device, dtype=info.dtype, vocab_size=info.vocabulary,
        settings=engine.settings(options.given), seed=options.seed, prompt=options.prompt,
        prompt_ids=[node.token for node in prompted.nodes], notes=[*info.notes, *prompted.notes], head=info.head,
    )  # fmt: skip
    yield from step_records(
        engine, Step(at=prompted.nodes[-1].id, given=options.given, seed=options.seed, count=None), top
    )


def step_records(engine: Engine, request: Step, top: int) -> Iterator[Record]:
    """The `step` records of a run, and its `end` or `error`."""
    started = time.monotonic()
    nodes: list[Node] = []
    steps = engine.steps(request)
    with interruptible(engine) as interrupted:
        while True:
            try:
                node, dist = next(steps)
            except SamplescopeError as error:
                yield error_record(error)
                return
            except StopIteration as end:
                reason = "interrupted" if interrupted.is_set() else end.value.reason
                break
            nodes.append(node)
            yield _step(len(nodes) - 1, node, dist, candidates(dist, engine.model.tokens, top, node.token))
    yield records.end_record(
        reason=reason, ids=[node.token for node in nodes], pieces=[node.piece for node in nodes],
        seconds=time.monotonic() - started,
    )  # fmt: skip


def error_record(error: SamplescopeError) -> Record:
    """The last record of a run that failed, in the command line's words."""
    return records.error_record(error.kind, on_command_line(error.message), on_command_line(error.remedy))


@contextmanager
def interruptible(engine: Engine) -> Iterator[threading.Event]:
    """Let a first Ctrl-C end the run after the current step, and a second one end the program."""
    interrupted = threading.Event()

    def on_interrupt(_signal: int, _frame: object) -> None:
        interrupted.set()
        engine.stop()
        signal.signal(signal.SIGINT, before)

    before = signal.getsignal(signal.SIGINT)
    if before == signal.SIG_IGN or not _in_main_thread():
        yield interrupted
        return
    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@torch.inference_mode()
def _step(index: int, node: Node, dist: Distribution, best: list[Candidate]) -> Record:
    return records.step_record(
        index, node, kept_mass=dist.kept_mass, entropy=dist.entropy, cuts=dist.cuts, candidates=best,
        tail_mass=dist.tail_mass,
    )  # fmt: skip


@torch.inference_mode()
def candidates(dist: Distribution, tokens: Tokens, top: int, taken: int) -> list[Candidate]:
    """The best `top` candidates (all for -1) without sorting the rest; the `taken` token if its rank is among theirs.

    Equal scores share a rank, 1 + the number of greater ones, as in the step's own `rank`. Which of those equal to the
    last one are listed is open, but for the taken token.
    """
    count = dist.ranked if top < 0 else min(top, dist.ranked)
    if count == 0:
        return []
    scores, ids = torch.topk(dist.scored.base[0], count)
    if taken not in ids and dist.scored.base[0, taken] == scores[-1]:
        ids[-1] = taken
    tempered = dist.tempered[0, ids]
    cumulative = dist.summed[0, ids].cumsum(0, dtype=torch.float64).clamp_(max=1.0)
    columns = (
        _ranks(scores), ids, dist.logits[ids], dist.raw[0, ids], tempered, dist.final[0, ids], cumulative
    )  # fmt: skip
    removed = dist.removed_by(ids)
    piece = partial(tokens.piece, before=dist.ids[0, -CONTEXT:].tolist())
    return [
        Candidate(rank, token, piece(token), tokens.special(token), logit, raw, tempered, final, cumulative, stage)
        for rank, token, logit, raw, tempered, final, cumulative, stage in zip(
            *(column.tolist() for column in columns), removed, strict=True
        )
    ]


def _ranks(scores: Tensor) -> Tensor:
    """1 + the number of greater ones, for each of scores [n] in descending order."""
    places = torch.arange(1, len(scores) + 1, device=scores.device)
    same = torch.zeros_like(scores, dtype=torch.bool)
    same[1:] = scores[1:] == scores[:-1]
    return places.masked_fill(same, 0).cummax(0).values
