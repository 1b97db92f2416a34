"""`score`: what a model makes of each token of a text, and whether settings could have drawn it; one forward."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from tui.core import records
from tui.core.progress import Report, quiet
from tui.core.records import Record
from tui.core.story import Node
from tui.core.tokens import printable_token
from tui.engine.engine import Engine
from tui.engine.places import Place, scored
from tui.errors import InputError, RunError
from tui.experiments.metrics import mean_logprob, perplexity
from tui.experiments.run import error_record, interruptible, start
from tui.launch import LaunchOptions
from tui.models.failing import failing


def score_records(options: LaunchOptions, report: Report = quiet) -> Iterator[Record]:
    """The records of one text: a `score` line, a `token` line each, an `end` or `error` line.

    InputError, before the first line, for a text that is longer than the context.
    """
    began = time.monotonic()
    engine, prompted = start(options, report)
    info, settings = engine.model.info, engine.settings(options.given)
    logits = _logits(engine, prompted.nodes, report)
    yield records.score_record(
        model=info.name, dtype=info.dtype, settings=settings, seed=options.seed, text=options.prompt,
        tokens=len(prompted.nodes), notes=[*info.notes, *prompted.notes],
    )  # fmt: skip
    surprisals: list[float] = []
    unreachable, reason = 0, "done"
    with interruptible(engine) as interrupted:
        try:
            for index, (node, removed_by) in enumerate(_judged(engine, prompted.nodes, logits, options)):
                if interrupted.is_set():
                    reason = "interrupted"
                    break
                surprisals += [node.surprisal] if index else []
                unreachable += bool(removed_by)
                yield records.token_record(index, node, removed_by)
        except RunError as error:
            yield error_record(error)
            return
    logprob = mean_logprob([surprisals])
    yield records.score_end_record(
        reason=reason, scored=len(surprisals), unreachable=unreachable, mean_logprob=logprob,
        perplexity=perplexity(logprob), seconds=time.monotonic() - began,
    )  # fmt: skip


def _logits(engine: Engine, nodes: Sequence[Node], report: Report) -> Tensor:
    """The logits [n, V] after each token of the text."""
    logits = engine.places.prompt_logits(nodes, report)
    if logits is None:
        raise InputError(
            f"{engine.model.info.backend} cannot be asked for what stands inside a text.",
            "Give the model's weights with {--model}.",
        )
    return logits


def _judged(
    engine: Engine, nodes: Sequence[Node], logits: Tensor, options: LaunchOptions
) -> Iterator[tuple[Node, str | None]]:
    """(a token with the model's numbers, the stage that removes it), for each; the first has neither.

    The settings are asked as if the text had been generated from its first token on.
    """
    settings, reference = engine.settings(options.given), engine.model.reference
    ids = torch.tensor([[node.token for node in nodes]], device=logits.device)
    processors = {} if reference is None else reference.model_processors(ids[0, :1].tolist(), options.given)
    yield nodes[0], None
    for position, (before, node) in enumerate(pairwise(nodes)):
        row, seen = logits[position], ids[:, : position + 1]
        place = Place(before.id, row, seen, position, processors, inside_prompt=True, ms=math.nan)
        with failing("The step"), torch.inference_mode():
            dist = engine.decide(place, settings, options.seed)
            removed_by = dist.removed_by(ids[0, position + 1 : position + 2])[0]
            judged = scored(node, row)
        yield judged, removed_by


def score_lines(found: Iterable[Record]) -> Iterator[str]:
    """The records as a table for a person. RunError for an `error` record."""
    for record in found:
        match record["type"]:
            case "score":
                yield _ROW.format("#", "id", "rank", "raw", "bits", "entropy", "removed by", "token")
            case "token":
                yield _token_line(record)
            case "end":
                yield _summary(record)
                if record["reason"] == "interrupted":
                    raise KeyboardInterrupt
            case _:
                raise RunError(record["message"], record["remedy"])


_ROW = "{:>6}  {:>7}  {:>7}  {:>9}  {:>7}  {:>7}  {:<18}  {}"


def _token_line(record: Record) -> str:
    token = printable_token(bytes.fromhex(record["bytes"]), record["id"], record["special"])
    known = record["rank"] is not None
    numbers = (
        (
            f"{record['rank']:,}",
            f"{record['raw']:.3g}",
            f"{record['surprisal_bits']:.2f}",
            f"{record['entropy_bits']:.2f}",
        )
        if known
        else ("–",) * 4
    )
    return _ROW.format(record["index"], record["id"], *numbers, record["removed_by"] or "", token)


def _summary(end: Record) -> str:
    """The last line: perplexity, and how many tokens could not have been drawn."""
    if not end["scored"]:
        return "There is no token with another before it: nothing to score."
    return (
        f"{end['scored']:,} tokens, perplexity {end['perplexity']:,.2f} (mean ln p {end['mean_logprob']:.3f}); "
        f"{end['unreachable']:,} could not have been drawn under these settings"
    )
