"""Places in the story: a node's ids, its row (kept, or brought back by the model), and the model's own stages there."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tui.core.settings import Given
from tui.core.story import How, Node, Story
from tui.engine.rows import RowStore
from tui.models.base import Decoder, Model
from tui.sampling.stages import Apply


@dataclass(frozen=True, slots=True)
class Place:
    """A node with what its distribution is made of."""

    node: int
    row: Tensor
    """[V] float32 logits, on the model's device."""
    ids: Tensor
    """[1, n], the prompt included."""
    position: int
    """How many tokens were drawn before: the number of the next draw."""
    captured: Mapping[str, Apply]
    ms: float
    """Milliseconds of the forward that first gave the row; nan for a prompt's, which is no step."""


class Places:
    """Finds or makes the row after any node. The decoder's cache belongs to one forward at a time."""

    def __init__(self, model: Model, story: Story, rows: RowStore) -> None:
        self._model = model
        self._story = story
        self._rows = rows
        self._lock = threading.RLock()
        self._decoder: tuple[int, Decoder] | None = None
        self._ms: dict[int, float] = {}

    def open_prompt(self, ids: Sequence[int], watch: Callable[[int, int], None]) -> tuple[Decoder, Tensor]:
        """A decoder for these ids and its first row, before any node exists; `watch(done, layers)` may raise."""
        decoder = self._model.decoder(ids)
        with self._lock:
            decoder.watch = watch
            return decoder, decoder.row(list(ids), lambda _length: None)

    def keep_prompt(self, tip: int, decoder: Decoder, row: Tensor) -> None:
        """Keep what `open_prompt` gave under its prompt's last node."""
        with self._lock:
            self._decoder = (tip, decoder)
        self._rows.add(tip, row)

    def decoder(self, path: Sequence[Node]) -> Decoder:
        """The decoder of this path's prompt."""
        count = prompt_length(path)
        tip = path[count - 1].id
        with self._lock:
            if self._decoder is None or self._decoder[0] != tip:
                self._decoder = (tip, self._model.decoder([node.token for node in path[:count]]))
            return self._decoder[1]

    def at(self, node_id: int, given: Given) -> Place:
        """The place after a node."""
        return self.after(self._story.path(node_id), given)

    def after(self, path: Sequence[Node], given: Given) -> Place:
        """The place at the end of a path from the first prompt token."""
        decoder = self.decoder(path)
        row = self._rows.get(path[-1].id)
        if row is None:
            row = self._forward(decoder, path)
        device = self._model.facts.device
        ids = torch.tensor([[node.token for node in path]], dtype=torch.long, device=device)
        position = len(path) - prompt_length(path)
        ms = self._ms.get(path[-1].id, math.nan)
        return Place(path[-1].id, row.to(device), ids, position, decoder.captured(given), ms)

    def _forward(self, decoder: Decoder, path: Sequence[Node]) -> Tensor:
        """Ask the decoder; what it passes on the way is checked against the rows kept, bit for bit."""
        with self._lock:
            started = time.perf_counter()
            row = decoder.row([node.token for node in path], lambda length: self._rows.get(path[length - 1].id))
            self._ms.setdefault(path[-1].id, (time.perf_counter() - started) * 1000)
        self._rows.add(path[-1].id, row)
        return row


def prompt_length(path: Sequence[Node]) -> int:
    """How many of a path's nodes are its prompt."""
    return next((i for i, node in enumerate(path) if node.how is not How.PROMPT), len(path))
