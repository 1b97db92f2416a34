"""Many continuations of one prompt, as rows of one batch where the model can.

Each has its own seed and its own one-row draw by the chain, so that it is what a run with that seed alone would give:
the same tokens wherever the rows' logits differ by rounding only, which they do in 32 bits. In 16 bits the rounding
of another batch size is large enough to change a draw.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tui.core.progress import Report
from tui.core.settings import Settings
from tui.engine.decide import Decide, draw
from tui.engine.places import Path, Place
from tui.engine.stopping import end_reason
from tui.experiments.metrics import Continuation
from tui.models.base import CONTEXT, Batch, Batches, Decoder, Model
from tui.models.catalog import rooms
from tui.models.failing import NoRoomError, failing
from tui.sampling.draw import ForwardStream
from tui.sampling.stages import Apply

MOST_ROWS = 64
"""A larger batch is hardly faster: the draw, one row after the other, then takes the time."""
MEMORY_SHARE = 0.25
"""Of the memory that is free, as much may be used by a batch."""
LOGITS_COPIES = 8
"""Vectors as long as the vocabulary that a row needs at once, in float32: its logits, and what the chain makes."""


@dataclass(frozen=True)
class Task:
    """What each continuation of one setting has in common."""

    model: Model
    decide: Decide
    prompt: Path
    settings: Settings
    processors: Mapping[str, Apply]
    """The model's own stages for this prompt."""

    @property
    def wanted(self) -> int:
        """max_new_tokens."""
        return int(self.settings["max_new_tokens"].value or 0)

    @property
    def length(self) -> int:
        """How many tokens a continuation has at most: as many as wanted, or as fit into the context."""
        context = self.model.info.context
        return self.wanted if context is None else max(0, min(self.wanted, context - len(self.prompt.ids)))


class OneText:
    """A `Batch` of one row, for a model that continues one text at a time."""

    def __init__(self, decoder: Decoder, prompt: Sequence[int], device: str, report: Report) -> None:
        self._decoder, self._device = decoder, device
        self._move_to(list(prompt), report)

    def feed(self, tokens: Sequence[int], report: Report) -> None:
        """Add one token."""
        self._move_to([*self._text, *tokens], report)

    def keep(self, rows: Sequence[int]) -> None:
        """There is one row only, so that nothing can be left out."""

    def _move_to(self, text: list[int], report: Report) -> None:
        self._text = text
        self.ids = torch.tensor([text], dtype=torch.long, device=self._device)
        self.logits = self._decoder.logits(text, lambda _length: None, report).to(self._device)[None]


class Writer:
    """Continues one prompt, under one setting after the other. The prompt is read once."""

    def __init__(self, model: Model, prompt: Sequence[int], batch: int | None, report: Report) -> None:
        """`batch`: how many rows at once; None: as many as fit."""
        self._model, self._prompt, self._wanted = model, prompt, batch
        self._batches: Batches | None = model.batches(prompt, report)
        self._decoder = model.decoder(prompt) if self._batches is None else None
        self._fits = MOST_ROWS if batch is None else batch
        """No batch of more rows than this: a larger one has found no room."""

    @property
    def one_by_one(self) -> bool:
        """True if this model continues one text at a time."""
        return self._batches is None

    def write(self, task: Task, seeds: Sequence[int], report: Report) -> list[Continuation]:
        """One continuation for each seed. A batch that finds no room in memory is tried again with half its rows."""
        written: list[Continuation] = []
        while len(written) < len(seeds):
            rows = min(self._rows(task), len(seeds) - len(written))
            beat = _beat(report, len(written) * task.length, rows, len(seeds) * task.length)
            try:
                written += _write(task, self._start(rows, beat), seeds[len(written) :][:rows], beat)
            except NoRoomError:
                if rows == 1:
                    raise
                self._fits = rows // 2
                torch.cuda.empty_cache()
        return written

    def _rows(self, task: Task) -> int:
        if self._batches is None:
            return 1
        if self._wanted is not None:
            return self._fits
        vocabulary, length = self._model.info.vocabulary, len(self._prompt) + task.length
        row = 4 * LOGITS_COPIES * vocabulary + self._batches.row_bytes(length)
        return max(1, min(self._fits, int(_free(self._model.info.device) * MEMORY_SHARE) // row))

    def _start(self, rows: int, beat: Beat) -> Batch:
        if self._batches is not None:
            return self._batches.start(rows)
        assert self._decoder is not None
        return OneText(self._decoder, self._prompt, self._model.info.device, lambda *_: beat(0))


Beat = Callable[[int], None]
"""Called again and again with how many tokens each row has; an exception in it ends the batch."""


def _beat(report: Report, before: int, rows: int, total: int) -> Beat:
    """Reports, from a batch's position, how many of a setting's tokens there are."""
    return lambda position: report("continuing", before + rows * position, total, "tokens")


def _free(device: str) -> int:
    """Bytes that are free on a device; that of the machine itself for one whose memory is not told apart."""
    free = {room.device: room.free for room in rooms()}
    return free.get("cuda:0" if device == "cuda" else device, free["cpu"])


@dataclass
class _Row:
    """A continuation under way, with its generator."""

    text: Continuation
    stream: ForwardStream

    @property
    def goes_on(self) -> bool:
        return not self.text.reason


def _write(task: Task, batch: Batch, seeds: Sequence[int], beat: Beat) -> list[Continuation]:
    """One batch, from the prompt until its last row has ended. Nothing is drawn for a row that has ended."""
    if task.length == 0:
        return [Continuation(seed, reason="context") for seed in seeds]
    rows = [_Row(Continuation(seed), ForwardStream(seed, task.model.info.device)) for seed in seeds]
    held, position = rows, 0  # `held`: the batch's rows, in its order
    while any(row.goes_on for row in held):
        for index, row in enumerate(held):
            beat(position)
            if row.goes_on:
                _draw(task, row, batch.logits[index], batch.ids[index : index + 1])
        held, position = _without_ended(held, batch), position + 1
        if held:
            batch.feed([row.text.ids[-1] for row in held], lambda *_: beat(position))  # noqa: B023
    return [row.text for row in rows]


def _without_ended(held: list[_Row], batch: Batch) -> list[_Row]:
    """Leave the rows that have ended out of a batch, once they are half of it: that copies the whole cache."""
    going = [index for index, row in enumerate(held) if row.goes_on]
    if not going:
        return []
    if 2 * len(going) > len(held):
        return held
    batch.keep(going)
    return [held[index] for index in going]


def _draw(task: Task, row: _Row, logits: Tensor, ids: Tensor) -> None:
    """Draw one token for a row, from its logits [V] after `ids` [1, n]."""
    text = row.text
    place = Place(task.prompt.tip.id, logits, ids, len(text.ids), task.processors, inside_prompt=False, ms=math.nan)
    with failing("The step"), torch.inference_mode():
        dist = task.decide(place, task.settings, text.seed)
        token, _ = draw(dist, row.stream, place.position)
        text.surprisals.append(dist.surprisal(token))
        text.entropies.append(dist.raw_entropy)
    text.pieces.append(task.model.tokens.piece(token, [*task.prompt.ids[-CONTEXT:], *text.ids][-CONTEXT:]))
    text.ids.append(token)
    text.reason = _reason(task, text)


def _reason(task: Task, text: Continuation) -> str:
    """Why a continuation ends with its last token; '' if it goes on. As in a run, a text's end comes before a limit."""
    if ended := end_reason(task.model, [*task.prompt.ids, *text.ids]):
        return ended
    if len(text.ids) < task.length:
        return ""
    return "max_new_tokens" if len(text.ids) == task.wanted else "context"
