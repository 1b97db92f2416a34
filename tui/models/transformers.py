"""The transformers backend: a Hugging Face causal model with its facts, tokenizer, logits and generate()."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from tui.core.origin import Origin
from tui.core.progress import Report
from tui.errors import InputError
from tui.models.base import ModelInfo
from tui.models.decoding import Shared, TransformersDecoder, library_defaults, prompt_logits
from tui.models.generation import OVERRIDES, arguments, token_set
from tui.models.loading import load
from tui.models.placing import input_device, layer_devices
from tui.models.probe import Backend
from tui.models.reference import GenerateReference
from tui.models.versions import unchecked
from tui.models.vocabulary import Vocabulary

NAME = "transformers"


class TransformersModel:
    """A causal model and its tokenizer."""

    def __init__(self, model: Any, tokenizer: Any, name: str, *, trusted: bool = False) -> None:
        self._shared = Shared(model, tokenizer)
        text_config = model.config.get_text_config()
        width = _width(model)
        asked = {n: value for n, value in model.generation_config.to_dict().items() if not n.startswith("_")}
        defaults = library_defaults(model)
        self.tokens = Vocabulary(tokenizer, width, asked.get("bos_token_id"))
        self.info = ModelInfo(
            name=name,
            backend=NAME,
            vocabulary=width,
            context=getattr(text_config, "max_position_embeddings", None),
            device=str(input_device(model)),
            dtype=str(model.dtype).removeprefix("torch."),
            eos=token_set(asked.get("eos_token_id")),
            generation=asked,
            defaults=defaults,
            notes=(*unchecked(), *_notes(asked, defaults), *_spread_note(model)),
            chat=bool(getattr(tokenizer, "chat_template", None)),
            trusted=trusted,
        )
        self.reference = GenerateReference(self._shared, self.info.context)

    @classmethod
    def load(cls, origin: Origin, report: Report) -> TransformersModel:
        """Load a folder, a Hugging Face id, or the demo model; ModelError says why it cannot be loaded."""
        return cls(*load(origin, report), trusted=origin.trusting)

    def prompt_logits(self, prompt: Sequence[int], report: Report) -> Tensor:
        """The logits [n, V] after each of a prompt's ids, from one forward."""
        return prompt_logits(self._shared, prompt, report)

    def decoder(self, prompt: Sequence[int]) -> TransformersDecoder:
        """A decoder for this prompt; InputError if it is longer than the context."""
        context = self.info.context
        if context is not None and len(prompt) > context:
            raise InputError(
                f"The prompt has {len(prompt):,} tokens, and the model's context ends at {context:,}.", "Shorten it."
            )
        return TransformersDecoder(self._shared, prompt, arguments(prompt, {}, context))


def _width(model: Any) -> int:
    """How many logits the model gives: packed weights have the number in out_features only."""
    head = model.get_output_embeddings()
    if head is None:  # a repository's own class need not name its output layer
        return int(model.config.get_text_config().vocab_size)
    return int(getattr(head, "out_features", None) or head.weight.shape[0])


def _spread_note(model: Any) -> list[str]:
    devices = layer_devices(model)
    return [f"layers on {', '.join(devices)}"] if devices else []


def _notes(asked: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    """One line for each setting of the model's generation_config that is overridden."""
    return [
        f"generation_config asks {name}={asked[name]}; overridden, here and in verify"
        for name, value in OVERRIDES.items()
        if asked.get(name) is not None and asked[name] != value and asked[name] != defaults.get(name)
    ]


TRANSFORMERS = Backend(
    NAME, lambda probe: not probe.origin.server, lambda probe: TransformersModel.load(probe.origin, probe.report)
)
