"""A Hugging Face causal model: what is known of it, its tokens, its logits, and its own generate() beside them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from tui.core.origin import Origin
from tui.core.progress import Report
from tui.core.settings import Refusal
from tui.errors import InputError
from tui.models import notes as said
from tui.models.base import ModelInfo
from tui.models.context import context_of
from tui.models.decoding import Shared, TransformersDecoder, library_defaults, prompt_logits
from tui.models.generation import arguments, token_set
from tui.models.generation_config import adopt, asked_by
from tui.models.loading import load
from tui.models.modules import width_of
from tui.models.placing import home
from tui.models.probe import Backend
from tui.models.reference import GenerateReference
from tui.models.versions import unchecked
from tui.models.vocabulary import Vocabulary

NAME = "transformers"


class TransformersModel:
    """A causal model and its tokenizer."""

    def __init__(
        self, model: Any, tokenizer: Any, name: str, *, trusted: bool = False,
        asked: Mapping[str, Any] | None = None, refused: Mapping[str, Refusal] | None = None,
        notes: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """`asked`: what its generation_config says as it is written, `refused`: what of that generate() refuses."""
        self._shared = Shared(model, tokenizer)
        width, defaults = width_of(model), library_defaults(model)
        in_force = {n: value for n, value in model.generation_config.to_dict().items() if not n.startswith("_")}
        asked = in_force if asked is None else asked
        self.tokens = Vocabulary(tokenizer, width)
        self.info = ModelInfo(
            name=name,
            backend=NAME,
            vocabulary=width,
            context=context_of(model.config.get_text_config()),
            device=str(home(model)),
            dtype=str(model.dtype).removeprefix("torch."),
            eos=token_set(in_force.get("eos_token_id")),
            generation=in_force | {name: refusal.number for name, refusal in (refused or {}).items()},
            defaults=defaults,
            refused=refused or {},
            notes=(
                *unchecked(), *said.overridden(asked, defaults), *said.ids_beyond(asked, width), *notes,
                *said.spread_over(model),
            ),
            chat=bool(getattr(tokenizer, "chat_template", None)),
            trusted=trusted,
        )  # fmt: skip
        self.reference = GenerateReference(self._shared, self.info.context)

    @classmethod
    def load(cls, origin: Origin, report: Report) -> TransformersModel:
        """Load a folder, a Hugging Face id, or the demo model; ModelError says what is wrong with it."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # errors are ours to tell, and stderr is nobody's
            loaded = load(origin, report)
            refused = adopt(loaded.model, loaded.checkpoint, loaded.source)
        return cls(
            loaded.model, loaded.tokenizer, loaded.name, trusted=origin.trusting, asked=asked_by(loaded.checkpoint),
            refused=refused, notes=loaded.notes,
        )  # fmt: skip

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


TRANSFORMERS = Backend(
    NAME, lambda probe: not probe.origin.server, lambda probe: TransformersModel.load(probe.origin, probe.report)
)
