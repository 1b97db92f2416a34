"""transformers' own generate() on a model: its processors, its stop strings, and its results to compare with."""

from __future__ import annotations

import copy
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import torch
from torch import Tensor

from tui.core.settings import Given
from tui.models.base import Processor
from tui.models.decoding import Shared, inputs, prepare
from tui.models.generation import PROCESSOR_NAMES, arguments
from tui.models.placing import input_device

PROMPTS_KEPT = 8
_FORCED = "forced_eos_token_id"


class GenerateReference:
    """The `Reference` of a transformers model. The processors of the last few prompts are cached."""

    def __init__(self, shared: Shared, context: int | None) -> None:
        """`context`: the most tokens a sequence may have; None for no limit."""
        self._shared, self._context = shared, context
        self._kept = lru_cache(PROMPTS_KEPT)(lambda prompt: self._built(prompt, {}))
        self._copies = lru_cache(2 * PROMPTS_KEPT)(lambda prompt, _thread: self._copied(self._kept(prompt)))

    def model_processors(self, prompt: Sequence[int], given: Given) -> Mapping[str, Processor]:
        """The processors that generate() builds for this prompt, by parameter or class name.

        Each thread has its own, because some change when they are called (the watermark's seeds its generator), and a
        view is computed beside a step. Only forced_eos_token_id depends on a setting (max_new_tokens): with it the
        processors are built for each call.
        """
        processors = self._copies(tuple(prompt), threading.get_ident())
        return self._built(prompt, given) if _FORCED in processors else processors

    def _built(self, prompt: Sequence[int], given: Given) -> Mapping[str, Processor]:
        with self._shared.lock:
            prepared = prepare(self._shared.model, prompt, arguments(prompt, given, self._context))
        return {PROCESSOR_NAMES.get(type(one).__name__, type(one).__name__): one for one in prepared.processors}

    def _copied(self, processors: Mapping[str, Processor]) -> Mapping[str, Processor]:
        """Deep copies of processors, which share the model."""
        model = self._shared.model
        return copy.deepcopy(processors, {id(model): model})

    def stops(self, ids: Sequence[int]) -> bool:
        """True if the text of `ids` ends with one of the model's stop strings."""
        if self._stop_strings is None:
            return False
        return bool(self._stop_strings(torch.tensor([list(ids)], device=input_device(self._shared.model)), None)[0])

    @cached_property
    def _stop_strings(self) -> Any:
        """generate()'s stopping criterion for stop strings; None if the model has none."""
        from transformers import StopStringCriteria

        strings = self._shared.model.generation_config.stop_strings
        return StopStringCriteria(self._shared.tokenizer, strings) if strings else None

    def generate(self, prompt: Sequence[int], given: Given, seed: int) -> list[int]:
        """`torch.manual_seed(seed); model.generate(…)` with only what the person gave, and the overrides."""
        if self._full(prompt):
            return list(prompt)
        return [int(token) for token in self._generate(prompt, given, seed)[0]]

    def generate_logits(self, prompt: Sequence[int], given: Given, seed: int) -> list[Tensor]:
        """The logits [V] float32 that generate() had at each step."""
        if self._full(prompt):
            return []
        output = self._generate(prompt, given, seed, return_dict_in_generate=True, output_logits=True)
        return [logits[0] for logits in output.logits]

    def _full(self, prompt: Sequence[int]) -> bool:
        """True if the context has no room for a new token. generate() cannot be called then: it must add one."""
        return self._context is not None and len(prompt) >= self._context

    def _generate(self, prompt: Sequence[int], given: Given, seed: int, **more: Any) -> Any:
        model = self._shared.model
        if model.generation_config.stop_strings is not None:
            more["tokenizer"] = self._shared.tokenizer
        with self._shared.lock:
            self._shared.user = self
            self._shared.state.reset()
            torch.manual_seed(seed)
            return model.generate(**inputs(model, prompt), **(arguments(prompt, given, self._context) | more))
