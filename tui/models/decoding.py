"""Runs generate() one forward at a time, with generate()'s own preparation, inputs and cache.

The `custom_generate` hook hands over everything that generate() has prepared; each step then calls the functions that
its loop calls, in the same order. Only this file uses private names of transformers; the parity tests guard them.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from tui.core.progress import Report, quiet
from tui.models.failing import failing
from tui.models.modules import ModuleState, reporting_layers
from tui.models.placing import input_device

SNAPSHOT_EVERY = 16
SNAPSHOTS_KEPT = 8

GROWING = ("attention_mask", "position_ids", "token_type_ids", "mm_token_type_ids")
"""Names of keyword tensors whose last dimension grows by one at each step."""
_CONSTANT = ("use_cache", "logits_to_keep", "output_attentions", "output_hidden_states")
"""Names of keywords that stay the same at each step."""


@dataclass
class Shared:
    """A model and its tokenizer, shared by decoders and the reference."""

    model: Any
    """A PreTrainedModel; typed Any because transformers does not type the methods that are called on it."""
    tokenizer: Any
    user: object = None
    """The object that used the model last: some models keep state inside the module, which the next user overwrites."""
    lock: AbstractContextManager[Any] = field(default_factory=threading.RLock)
    """Held while generate() prepares or runs, and during a forward: the model object runs one of them at a time."""

    def __post_init__(self) -> None:
        self.state = ModuleState(self.model)


@dataclass
class Prepared:
    """Everything that generate() has when its loop begins."""

    ids: Tensor
    processors: list[Any]
    config: Any
    kwargs: dict[str, Any]


@dataclass(frozen=True)
class PromptState:
    """What generate()'s loop goes on from once a prompt is read. Copies of it can go on as rows of one batch."""

    ids: Tensor
    """[1, n], the prompt."""
    logits: Tensor
    """[V] float32 after the prompt."""
    kwargs: dict[str, Any]
    """The keywords of the next forward, the cache among them."""


def library_defaults(model: Any) -> dict[str, Any]:
    """transformers' defaults, for parameters that neither a person nor the model sets."""
    defaults: dict[str, Any] = model.generation_config._get_default_generation_params()
    return defaults


def inputs(model: Any, ids: Sequence[int]) -> dict[str, Tensor]:
    """The inputs of generate(): ids [1, n] and an attention mask of ones."""
    tensor = torch.tensor([list(ids)], dtype=torch.long, device=input_device(model))
    return {"inputs": tensor, "attention_mask": torch.ones_like(tensor)}


def prepare(model: Any, ids: Sequence[int], arguments: Mapping[str, Any]) -> Prepared:
    """Run generate() up to its loop, without stop strings: with a hook, generate() does not get the tokenizer."""
    caught: list[Prepared] = []

    def hook(
        model: Any, input_ids: Any, logits_processor: Any, stopping_criteria: Any, generation_config: Any, **kwargs: Any
    ) -> Any:
        caught.append(Prepared(input_ids, list(logits_processor), generation_config, kwargs))
        return input_ids

    model.generate(**inputs(model, ids), **(dict(arguments) | {"custom_generate": hook, "stop_strings": None}))
    prepared = caught[0]
    for name in ("synced_gpus", "streamer"):
        prepared.kwargs.pop(name, None)
    cache = cache_in(prepared.kwargs)
    if _layers_can_crop(cache):
        cache.activate_past_recording()  # makes sliding-window layers keep states older than their window, for cropping
    return prepared


def _cache_names() -> list[str]:
    """The keywords that may hold a cache; which one does depends on the model and on transformers' version."""
    from transformers.generation.utils import ALL_CACHE_NAMES

    return ALL_CACHE_NAMES


def cache_in(kwargs: Mapping[str, Any]) -> Any:
    """The cache among a forward's keywords, or None."""
    return next((kwargs[name] for name in _cache_names() if kwargs.get(name) is not None), None)


def _layers_can_crop(cache: Any) -> bool:
    """True if every layer of the cache can be cropped to exactly its earlier state: none is recurrent or indexed."""
    from transformers.cache_utils import DynamicCache, DynamicLayer, DynamicSlidingWindowLayer

    return type(cache) is DynamicCache and all(
        type(layer) in (DynamicLayer, DynamicSlidingWindowLayer) for layer in cache.layers
    )


@contextmanager
def decoding(shared: Shared) -> Iterator[None]:
    """Within this context run the forwards of generate()'s loop; the caller holds the lock and has gradients off."""
    # Inference mode takes 5 % off a step. What it makes cannot be written to outside it, so no module may keep it.
    mode = torch.no_grad() if shared.state.exists else torch.inference_mode()
    with mode, shared.model._optimize_model_for_decode():
        yield


def next_outputs(model: Any, ids: Tensor, kwargs: Mapping[str, Any]) -> Any:
    """The outputs of the loop's next forward, after `ids` [rows, n] of which the last column is new."""
    step = model.prepare_inputs_for_generation(ids, next_sequence_length=1, **kwargs)
    return model(**step, return_dict=True)


def last_logits(outputs: Any, device: torch.device) -> Tensor:
    """A forward's logits [rows, V] float32 after the last id of each row, as generate() copies them."""
    logits: Tensor = outputs.logits[:, -1].to(copy=True, dtype=torch.float32, device=device)
    return logits


def next_keywords(model: Any, outputs: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The keywords of the forward after one that gave these outputs."""
    keywords: dict[str, Any] = model._update_model_kwargs_for_generation(outputs, kwargs)
    return keywords


@torch.no_grad()
def prompt_logits(shared: Shared, prompt: Sequence[int], report: Report) -> Tensor:
    """The logits [n, V] float32 after each id of a prompt: one forward, which leaves no cache behind."""
    model = shared.model
    with shared.lock, reporting_layers(model, len(prompt), report):
        shared.user = None  # a state inside the modules is not what a decoder has left
        ids = torch.tensor([list(prompt)], dtype=torch.long, device=input_device(model))
        outputs = model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False)
        logits: Tensor = outputs.logits[0].to(torch.float32)
        return logits


class TransformersDecoder:
    """Computes the logits after one prompt: it continues, crops the cache, or replays, whichever is fastest.

    All three give the same bits.
    """

    def __init__(self, shared: Shared, prompt: Sequence[int], arguments: Mapping[str, Any]) -> None:
        """`arguments` are generate()'s keywords without a person's settings, which do not change a forward."""
        self._shared = shared
        self._prompt = list(prompt)
        self._arguments = arguments
        self._snapshots: dict[int, dict[str, Any]] = {}
        self._unchecked = False
        self._fed: list[int] = []
        self._logits = torch.empty(0)
        with shared.lock:
            self._fresh: Prepared | None = prepare(shared.model, prompt, arguments)
        fresh = self._fresh
        self._kwargs = fresh.kwargs
        self._device = fresh.ids.device
        self._ids = fresh.ids  # [1, n], the fed ids and perhaps more

    @failing("The model's forward")
    @torch.no_grad()
    def logits(self, ids: Sequence[int], known: Callable[[int], Tensor | None], report: Report = quiet) -> Tensor:
        """The logits [V] float32 after `ids` (the prompt and its continuation), on the model's device."""
        ids = list(ids)
        with self._shared.lock:
            if self._module_state_lost():
                self._fed = []
            if self._fed != ids:
                if ids[: len(self._fed)] != self._fed:
                    self._go_back(_common_length(self._fed, ids))
                self._feed(ids, known, report)
            self._shared.user = self
        return self._logits

    def prompt_state(self, report: Report = quiet) -> PromptState | None:
        """The state after the prompt, to be copied; None if part of it is not in tensors that have a row a text."""
        logits = self.logits(self._prompt, lambda _length: None, report)
        with self._shared.lock:
            if self._shared.state.exists or not self._croppable:
                return None
            return PromptState(self._ids, logits, copy.deepcopy(self._kwargs))

    def _feed(self, ids: list[int], known: Callable[[int], Tensor | None], report: Report) -> None:
        """Run forwards until all `ids` are fed.

        After going back, the first logits that are also stored are compared with the stored ones; if a bit differs,
        everything is replayed from the prompt.
        """
        if not self._fed:
            self._prefill(report)
        while len(self._fed) < len(ids):
            self._forward(ids[len(self._fed)])
            stored = known(len(self._fed)) if self._unchecked else None
            if stored is not None:
                self._unchecked = False
                if not torch.equal(stored, self._logits.to(stored.device)):
                    self._snapshots.clear()
                    self._prefill(report)

    def _prefill(self, report: Report) -> None:
        """Run the whole prompt through the model in one forward, as generate() does."""
        model = self._shared.model
        prepared = self._fresh or prepare(model, self._prompt, self._arguments)
        self._fresh = None
        self._kwargs = prepared.kwargs
        self._ids, self._fed = prepared.ids, []  # until the forward is through: it may be given up
        self._shared.state.reset()
        with reporting_layers(model, len(prepared.ids[0]), report), self._shared.state.recording():
            outputs = model._prefill(prepared.ids, prepared.config, self._kwargs, is_first_iteration=True)
        self._fed = list(self._prompt)
        self._unchecked = False
        self._absorb(outputs)

    def _forward(self, token: int) -> None:
        """Run one more token through the model, as generate()'s loop does."""
        fed = [*self._fed, token]
        new = torch.tensor([[token]], dtype=torch.long, device=self._device)
        self._ids = torch.cat([self._ids[:, : len(self._fed)], new], dim=1)
        self._fed = []  # until the forward is through: one that failed may have changed the cache
        with decoding(self._shared):
            outputs = next_outputs(self._shared.model, self._ids, self._kwargs)
            self._fed = fed
            self._absorb(outputs)

    def _absorb(self, outputs: Any) -> None:
        """Keep a forward's logits and the keywords of the next forward; take a snapshot every 16 tokens if needed."""
        self._kwargs = next_keywords(self._shared.model, outputs, self._kwargs)
        self._logits = last_logits(outputs, self._device)[0]
        done = len(self._fed) - len(self._prompt)
        if done and done % SNAPSHOT_EVERY == 0 and self._cached and not self._croppable:
            self._snapshots[len(self._fed)] = copy.deepcopy(self._kwargs)
            if len(self._snapshots) > SNAPSHOTS_KEPT:
                self._snapshots.pop(min(self._snapshots))

    @property
    def _cached(self) -> bool:
        """True if the state travels in the keywords, and not inside the module."""
        return not self._shared.state.exists and cache_in(self._kwargs) is not None

    @property
    def _croppable(self) -> bool:
        known = {*_cache_names(), *GROWING, *_CONSTANT}
        held = {name for name, value in self._kwargs.items() if value is not None}
        return _layers_can_crop(cache_in(self._kwargs)) and held <= known

    def _module_state_lost(self) -> bool:
        return self._shared.user is not self and bool(self._fed) and not self._cached

    def _go_back(self, length: int) -> None:
        """Go back until `_fed` is a prefix of its first `length` ids, from which feeding gives the same bits again."""
        # Goes back one token more than needed: feeding it again gives logits to compare with the stored ones.
        target = max(length - 1, len(self._prompt))
        removed = len(self._fed) - target
        if self._fed and length > len(self._prompt) and self._croppable and self._can_crop(removed):
            self._crop(removed)
        elif at := max((n for n in self._snapshots if n <= length - 1), default=0):
            self._kwargs = copy.deepcopy(self._snapshots[at])
            self._fed = self._fed[:at]
        else:
            self._fed = []
        self._snapshots = {n: kept for n, kept in self._snapshots.items() if n <= len(self._fed)}
        self._unchecked = True

    def _can_crop(self, removed: int) -> bool:
        """True if every sliding-window layer still holds its whole window after removing that many tokens."""
        return all(
            not layer.is_sliding
            or layer.keys.shape[-2] - removed >= min(layer.sliding_window - 1, layer.get_seq_length() - removed)
            for layer in cache_in(self._kwargs).layers
        )

    def _crop(self, removed: int) -> None:
        cache_in(self._kwargs).crop(-removed)
        for name in GROWING:
            if (tensor := self._kwargs.get(name)) is not None:
                self._kwargs[name] = tensor[..., : tensor.shape[-1] - removed]
        self._fed = self._fed[: len(self._fed) - removed]


def _common_length(first: list[int], second: list[int]) -> int:
    """The length of the longest common prefix."""
    pairs = zip(first, second, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))
