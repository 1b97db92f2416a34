"""Continues one prompt many times at once: its state is computed once, copied, and goes on as rows of one batch."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor

from tui.core.progress import Report
from tui.models.decoding import (
    GROWING,
    PromptState,
    Shared,
    cache_in,
    decoding,
    last_logits,
    next_keywords,
    next_outputs,
)
from tui.models.failing import failing
from tui.models.modules import reporting_layers

_COPIES = 3
"""How many tensors as large as the cache exist at once: a forward makes a longer one of each layer beside the old."""


class TransformersBatches:
    """The `Batches` of a transformers model whose cache has a row a text."""

    def __init__(self, shared: Shared, state: PromptState) -> None:
        self._shared, self._state = shared, state

    def row_bytes(self, length: int) -> int:
        """About how much memory one row's cache takes when its text has grown to `length` ids."""
        layers = cache_in(self._state.kwargs).layers
        nbytes: int = sum(layer.keys.nbytes + layer.values.nbytes for layer in layers if layer.is_initialized)
        return _COPIES * nbytes * length // self._state.ids.shape[1]

    @failing("The batch")
    def start(self, rows: int) -> TransformersBatch:
        """A batch of this many rows, each the prompt."""
        return TransformersBatch(self._shared, self._state, rows)


class TransformersBatch:
    """Texts that begin with one prompt, as rows of one batch."""

    def __init__(self, shared: Shared, state: PromptState, rows: int) -> None:
        self._shared = shared
        self._kwargs = copy.deepcopy(state.kwargs)
        self.ids: Tensor = state.ids
        """[rows, n], the prompt and what was fed."""
        self.logits: Tensor = state.logits[None]
        """[rows, V] float32 after them."""
        self.keep([0] * rows)

    @failing("The model's forward")
    @torch.no_grad()
    def feed(self, tokens: Sequence[int], report: Report) -> None:
        """Run one more token a row through the model, as generate()'s loop does with a batch."""
        shared, new = self._shared, torch.tensor([tokens], dtype=torch.long, device=self.ids.device).T
        ids = torch.cat([self.ids, new], dim=1)
        with shared.lock, reporting_layers(shared.model, len(tokens), report), decoding(shared):
            outputs = next_outputs(shared.model, ids, self._kwargs)
            self._kwargs = next_keywords(shared.model, outputs, self._kwargs)
            self.ids, self.logits = ids, last_logits(outputs, ids.device)

    @failing("The batch")
    @torch.no_grad()
    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows only, in this order; a row may be named more than once."""
        index = torch.tensor(rows, dtype=torch.long, device=self.ids.device)
        cache_in(self._kwargs).batch_select_indices(index)
        for name in GROWING:
            if (tensor := self._kwargs.get(name)) is not None:
                self._kwargs[name] = tensor.index_select(-2, index)  # position ids may be [3, rows, n]
        self.ids, self.logits = self.ids[index], self.logits[index]
