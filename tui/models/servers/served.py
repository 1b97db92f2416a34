"""A model behind a server: its log-probabilities are requested, and samplescope draws the tokens itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from torch import Tensor

from tui.core.progress import Report, quiet
from tui.errors import InputError
from tui.models.base import ModelInfo, Tokens

Ask = Callable[[Sequence[int], Report], Tensor]
"""(ids, report) → the log-probabilities [V] float32 after the ids, NaN for unseen tokens."""


@dataclass(frozen=True)
class ServedDecoder:
    """The decoder of a served model: one request for each call; the server keeps its own cache."""

    ask: Ask

    def logits(self, ids: Sequence[int], known: Callable[[int], Tensor | None], report: Report = quiet) -> Tensor:
        """The log-probabilities [V] float32 after `ids`, NaN for unseen tokens."""
        return self.ask(ids, report)


@dataclass(frozen=True)
class ServedModel:
    """A `Model` whose logits come from a server."""

    info: ModelInfo
    tokens: Tokens
    ask: Ask
    reference: None = None

    def prompt_logits(self, prompt: Sequence[int], report: Report) -> None:
        """None: a server tells what follows a text, and each place inside a prompt is a request of its own."""

    def decoder(self, prompt: Sequence[int]) -> ServedDecoder:
        """A decoder for this prompt; InputError if it is longer than the context."""
        context = self.info.context
        if context is not None and len(prompt) > context:
            raise InputError(
                f"The prompt has {len(prompt):,} tokens, and the server's context ends at {context:,}.", "Shorten it."
            )
        return ServedDecoder(self.ask)

    def batches(self, prompt: Sequence[int], report: Report) -> None:
        """None: a server is asked for one text at a time."""


def server_info(
    name: str, backend: str, vocabulary: int, context: int | None, *, eos: frozenset[int], dtype: str = "",
    head: int | None = None, notes: tuple[str, ...] = (), chat: bool = False,
) -> ModelInfo:  # fmt: skip
    """The facts about a server's model. `context` is the server's, of which one token is left for the one it makes."""
    return ModelInfo(
        name=name.rpartition("/")[2],  # only the file's name, if the name is a path
        backend=backend, vocabulary=vocabulary, context=context - 1 if context else None, device="cpu", dtype=dtype,
        eos=eos, defaults=_transformers_defaults(), notes=notes, head=head, chat=chat, logits=False,
    )  # fmt: skip


def _transformers_defaults() -> Mapping[str, Any]:
    """transformers' defaults, as for a model that transformers loads, so that both draw alike."""
    import transformers as library

    from tui.models.decoding import library_defaults

    transformers: Any = library
    return library_defaults(SimpleNamespace(generation_config=transformers.GenerationConfig()))
