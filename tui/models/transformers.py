"""The transformers backend: a Hugging Face causal model with its facts, tokenizer, logits and generate()."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from tui.core.origin import Origin
from tui.core.progress import Report
from tui.errors import InputError
from tui.models import notes as said
from tui.models.base import ModelInfo
from tui.models.batching import TransformersBatches
from tui.models.context import context_of
from tui.models.decoding import Shared, TransformersDecoder, library_defaults, prompt_logits
from tui.models.failing import failing
from tui.models.generation import Asked, arguments, token_set
from tui.models.generation_config import adopt
from tui.models.gguf.reading import packed_as
from tui.models.loading import load
from tui.models.modules import width_of
from tui.models.placing import input_device
from tui.models.probe import Backend
from tui.models.quantisation import quantisation_method, quantisation_of
from tui.models.reference import GenerateReference
from tui.models.versions import unchecked
from tui.models.vocabulary import Vocabulary

NAME = "transformers"


class TransformersModel:
    """A causal model and its tokenizer."""

    def __init__(
        self, model: Any, tokenizer: Any, name: str, *, trusted: bool = False, asked: Asked | None = None,
        notes: Sequence[str] = (), stored_as: str = "",
    ) -> None:  # fmt: skip
        """`asked`: its checkpoint's settings, by default its generation_config's; `notes`: what of it is not used.

        `stored_as`: how the file stores the weights, which are unpacked; '' if as they are.
        """
        self._shared = Shared(model, tokenizer)
        in_force = {n: value for n, value in model.generation_config.to_dict().items() if not n.startswith("_")}
        self.info = _info(
            model, tokenizer, in_force, asked or Asked(in_force), name=name, trusted=trusted, notes=notes,
            stored_as=stored_as,
        )  # fmt: skip
        self.tokens = Vocabulary(tokenizer, self.info.vocabulary, in_force.get("bos_token_id"))
        self.reference = GenerateReference(self._shared, self.info.context)

    @classmethod
    def load(cls, origin: Origin, report: Report) -> TransformersModel:
        """Load a folder, a Hugging Face id, or the demo model; ModelError says why it cannot be loaded."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a person sees ModelErrors only, not stderr
            loaded = load(origin, report)
            asked = adopt(loaded.model, loaded.checkpoint, loaded.source)
        gguf = loaded.checkpoint.gguf
        return cls(
            loaded.model, loaded.tokenizer, loaded.name, trusted=origin.trusting and gguf is None, asked=asked,
            notes=loaded.notes, stored_as=packed_as(gguf) if gguf else "",
        )  # fmt: skip

    @failing("The model's forward")
    def prompt_logits(self, prompt: Sequence[int], report: Report) -> Tensor:
        """The logits [n, V] after each of a prompt's ids, from one forward."""
        return prompt_logits(self._shared, prompt, report)

    @failing("The model")
    def decoder(self, prompt: Sequence[int]) -> TransformersDecoder:
        """A decoder for this prompt; InputError if it is longer than the context."""
        context = self.info.context
        if context is not None and len(prompt) > context:
            raise InputError(
                f"The prompt has {len(prompt):,} tokens, and the model's context ends at {context:,}.", "Shorten it."
            )
        return TransformersDecoder(self._shared, prompt, arguments(prompt, {}, context))

    def batches(self, prompt: Sequence[int], report: Report) -> TransformersBatches | None:
        """Batches that continue this prompt; None if the model keeps more than a cache with a row a text."""
        state = self.decoder(prompt).prompt_state(report)
        return None if state is None else TransformersBatches(self._shared, state)


def _info(
    model: Any, tokenizer: Any, in_force: Mapping[str, Any], asked: Asked, *, name: str, trusted: bool,
    notes: Sequence[str], stored_as: str,
) -> ModelInfo:  # fmt: skip
    width, defaults = width_of(model), library_defaults(model)
    overridden = [*said.overridden(asked.values, defaults), *said.ids_beyond(in_force, width)]
    return ModelInfo(
        name=name,
        backend=NAME,
        vocabulary=width,
        context=context_of(model.config.get_text_config()),
        device=str(input_device(model)),
        dtype=_dtype(model, stored_as),
        eos=token_set(in_force.get("eos_token_id")),
        generation={**in_force, **{name: refusal.number for name, refusal in asked.refused.items()}},
        refused=asked.refused,
        defaults=defaults,
        notes=(*unchecked(), *overridden, *notes, *said.spread_over(model)),
        chat=bool(getattr(tokenizer, "chat_template", None)),
        trusted=trusted,
    )


def _dtype(model: Any, stored_as: str) -> str:
    """The dtype of the weights; of quantised ones how they are stored too: `gptq weights in float16`."""
    dtype = str(model.dtype).removeprefix("torch.")
    method = stored_as or quantisation_method(quantisation_of(model.config))
    return f"{method} weights in {dtype}" if method else dtype


TRANSFORMERS = Backend(
    NAME, lambda probe: not probe.origin.server, lambda probe: TransformersModel.load(probe.origin, probe.report)
)
