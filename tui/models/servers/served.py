"""A model behind a server: logits by request, tokens drawn here."""

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
"""(ids, report) → the log-probabilities [V] float32 after them, NaN where the server tells none."""


@dataclass(frozen=True)
class ServedDecoder:
    """The logits after one prompt, each one request; the server keeps its own cache of what it has read."""

    ask: Ask

    def logits(self, ids: Sequence[int], known: Callable[[int], Tensor | None], report: Report = quiet) -> Tensor:
        """The log-probabilities [V] float32 after `ids`, NaN where the server tells none."""
        return self.ask(ids, report)


@dataclass(frozen=True)
class ServedModel:
    """What the engine asks of a model, answered by a server."""

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


def server_info(
    name: str, backend: str, vocabulary: int, context: int | None, *, eos: frozenset[int], dtype: str = "",
    head: int | None = None, notes: tuple[str, ...] = (), chat: bool = False,
) -> ModelInfo:  # fmt: skip
    """What is known of a server's model. `context`: of the server, which has to have room for a token it makes."""
    return ModelInfo(
        name=name.rpartition("/")[2],  # the file, where it goes by a path
        backend=backend, vocabulary=vocabulary, context=context - 1 if context else None, device="cpu", dtype=dtype,
        eos=eos, defaults=_transformers_defaults(), notes=notes, head=head, chat=chat, logits=False,
    )  # fmt: skip


def _transformers_defaults() -> Mapping[str, Any]:
    """What holds where nobody set anything: the same as for a model loaded here, so that both draw alike."""
    import transformers as library

    from tui.models.decoding import library_defaults

    transformers: Any = library
    return library_defaults(SimpleNamespace(generation_config=transformers.GenerationConfig()))
