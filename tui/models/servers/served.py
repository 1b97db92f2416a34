"""A model behind a server: rows by request, tokens drawn here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from torch import Tensor

from tui.core.progress import Report, quiet
from tui.core.settings import Given
from tui.errors import InputError
from tui.models.base import Facts, Processor, Tokens

Ask = Callable[[Sequence[int], Report], Tensor]
"""(ids, report) → the row [V] of log-probabilities after them."""


@dataclass
class ServedDecoder:
    """One prompt's rows, each one request; the server keeps its own cache of what it has read."""

    eos: frozenset[int]
    ask: Ask

    def captured(self, given: Given) -> Mapping[str, Processor]:
        """Nothing: a server's own processors are not told."""
        return {}

    def row(self, ids: Sequence[int], known: Callable[[int], Tensor | None], report: Report = quiet) -> Tensor:
        """The log-probabilities [V] float32 after `ids`, NaN where the server tells none."""
        return self.ask(ids, report)

    def stops(self, ids: Sequence[int]) -> bool:
        """False: no stop strings are known."""
        return False


@dataclass(frozen=True)
class ServedModel:
    """What the engine asks of a model, answered by a server."""

    facts: Facts
    tokens: Tokens
    eos: frozenset[int]
    ask: Ask

    def decoder(self, ids: Sequence[int]) -> ServedDecoder:
        """A decoder for this prompt; InputError if it is longer than the context."""
        context = self.facts.context
        if context is not None and len(ids) > context:
            raise InputError(
                f"The prompt has {len(ids):,} tokens, and the server's context ends at {context:,}.", "Shorten it."
            )
        return ServedDecoder(self.eos, self.ask)

    def generate(self, ids: Sequence[int], given: Given, seed: int) -> list[int]:
        """There is none: InputError."""
        raise _no_generate()

    def generate_rows(self, ids: Sequence[int], given: Given, seed: int) -> list[Tensor]:
        """There are none: InputError."""
        raise _no_generate()


def _no_generate() -> InputError:
    return InputError(
        "verify compares with transformers' generate(), and this model runs on a server.", "Give it with -m instead."
    )


def transformers_defaults() -> Mapping[str, Any]:
    """What holds where nobody set anything: the same as for a model loaded here, so that both draw alike."""
    import transformers as library

    from tui.models.decoding import library_defaults

    transformers: Any = library
    return library_defaults(SimpleNamespace(generation_config=transformers.GenerationConfig()))
