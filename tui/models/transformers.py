"""A Hugging Face causal model: its facts, its tokens, its rows, and its own generate() to compare with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from tui.core.origin import Origin
from tui.core.progress import Report
from tui.core.settings import OWN_DEFAULTS, Given, for_generate
from tui.errors import InputError
from tui.models.base import Facts
from tui.models.decoding import Shared, TransformersDecoder, inputs, library_defaults
from tui.models.generation import OVERRIDES
from tui.models.loading import load
from tui.models.placing import home, spread
from tui.models.versions import unchecked
from tui.models.vocabulary import Vocabulary


class TransformersModel:
    """A causal model and its tokenizer."""

    def __init__(self, model: Any, tokenizer: Any, name: str, *, trusted: bool = False) -> None:
        self._shared = Shared(model, tokenizer)
        text_config = model.config.get_text_config()
        width = _width(model)
        asked = {n: value for n, value in model.generation_config.to_dict().items() if not n.startswith("_")}
        defaults = library_defaults(model)
        self.tokens = Vocabulary(tokenizer, width)
        self.facts = Facts(
            name=name,
            vocabulary=width,
            context=getattr(text_config, "max_position_embeddings", None),
            device=str(home(model)),
            dtype=str(model.dtype).removeprefix("torch."),
            generation=asked,
            defaults=defaults,
            notes=(*unchecked(), *_notes(asked, defaults), *_spread_note(model)),
            chat=bool(getattr(tokenizer, "chat_template", None)),
            trusted=trusted,
        )

    @classmethod
    def load(cls, origin: Origin, report: Report) -> TransformersModel:
        """Load a folder, a Hugging Face id, or the demo model; ModelError says what is wrong with it."""
        return cls(*load(origin, report), trusted=origin.trusting)

    def decoder(self, ids: Sequence[int]) -> TransformersDecoder:
        """A decoder for this prompt; InputError if it is longer than the context."""
        context = self.facts.context
        if context is not None and len(ids) > context:
            raise InputError(
                f"The prompt has {len(ids):,} tokens, and the model's context ends at {context:,}.", "Shorten it."
            )
        return TransformersDecoder(self._shared, ids, lambda given: self._arguments(ids, given))

    def generate(self, ids: Sequence[int], given: Given, seed: int) -> list[int]:
        """`torch.manual_seed(seed); model.generate(…)` with only what the person gave, and the overrides."""
        return list(ids) if self._full(ids) else [int(token) for token in self._generate(ids, given, seed)[0]]

    def generate_rows(self, ids: Sequence[int], given: Given, seed: int) -> list[Tensor]:
        """The logits [V] float32 that generate() had at each step."""
        if self._full(ids):
            return []
        output = self._generate(ids, given, seed, return_dict_in_generate=True, output_logits=True)
        return [row[0] for row in output.logits]

    def _full(self, ids: Sequence[int]) -> bool:
        """True if the context has no room for another token: generate() refuses to make none."""
        return self.facts.context is not None and len(ids) >= self.facts.context

    def _generate(self, ids: Sequence[int], given: Given, seed: int, **more: Any) -> Any:
        model = self._shared.model
        if model.generation_config.stop_strings is not None:
            more["tokenizer"] = self._shared.tokenizer
        self._shared.user = self
        torch.manual_seed(seed)
        return model.generate(**inputs(model, ids), **(self._arguments(ids, given) | more))

    def _arguments(self, ids: Sequence[int], given: Given) -> dict[str, Any]:
        """generate()'s keywords: what was given, what samplescope decides, the overrides, the context's cap."""
        arguments: dict[str, Any] = {**OVERRIDES, **OWN_DEFAULTS, **for_generate(given)}
        if self.facts.context is not None:
            arguments["max_new_tokens"] = max(1, min(arguments["max_new_tokens"], self.facts.context - len(ids)))
        return arguments


def _width(model: Any) -> int:
    """How many logits a row has: packed weights tell it by their out_features only."""
    head = model.get_output_embeddings()
    if head is None:  # a repository's own class need not name its last layer
        return int(model.config.get_text_config().vocab_size)
    return int(getattr(head, "out_features", None) or head.weight.shape[0])


def _spread_note(model: Any) -> list[str]:
    places = spread(model)
    return [f"layers on {', '.join(places)}"] if places else []


def _notes(asked: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    """One line for each thing the model's generation_config asks that is overridden."""
    return [
        f"generation_config asks {name}={asked[name]}; overridden, here and in verify"
        for name, value in OVERRIDES.items()
        if asked.get(name) is not None and asked[name] != value and asked[name] != defaults.get(name)
    ]
