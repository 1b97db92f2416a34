"""What the engine asks of a model, whatever stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from tui.core.progress import Report, quiet
from tui.core.settings import Given

Processor = Callable[[Tensor, Tensor], Tensor]
"""(ids [1, n], scores [1, V]) → scores [1, V]."""


@dataclass(frozen=True)
class Facts:
    """What is known about a model before anything is asked of it."""

    name: str
    vocabulary: int
    """Width of a row: may be more than the tokenizer has tokens."""
    context: int | None
    device: str
    dtype: str
    exact: bool = True
    generation: Mapping[str, Any] = field(default_factory=dict)
    """What the model's generation_config sets."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """The library's own defaults, for what nobody set."""
    notes: tuple[str, ...] = ()
    backend: str = "transformers"
    """Who computes the rows."""
    head: int | None = None
    """How many of the best tokens a row has; the others are NaN in it. None: the whole vocabulary."""
    chat: bool = False
    """True if the tokenizer has a chat template."""
    logits: bool = True
    """False if rows are log-probabilities: the same but for a constant nobody knows, which the signs hang on."""
    trusted: bool = False
    """True if code of the checkpoint was allowed to run."""


class Tokens(Protocol):
    """A tokenizer: text to ids, an id to its bytes."""

    def encode(self, text: str, report: Report = quiet) -> list[int]:
        """Ids of a prompt, with the special tokens the tokenizer adds; one BOS for an empty text.

        `report` is told where a server is waited for; what it raises gives it up.
        """

    def encode_chat(self, text: str, system: str, report: Report = quiet) -> list[int]:
        """Ids of a user's message (after a system prompt, if any) in the chat template; InputError if there is none."""

    def piece(self, token: int) -> bytes:
        """A token's bytes; it may be half a character."""

    def special(self, token: int) -> bool:
        """True for control tokens and ids the tokenizer does not use."""

    def matches(self, wanted: str, limit: int) -> list[int]:
        """Ids whose text is, starts with, or holds `wanted`, best match first."""


class Decoder(Protocol):
    """One prompt's rows, with whatever cache makes the next one cheap."""

    eos: frozenset[int]

    def captured(self, given: Given) -> Mapping[str, Processor]:
        """generate()'s own processors under these settings, by parameter or class name."""

    def row(self, ids: Sequence[int], known: Callable[[int], Tensor | None], report: Report) -> Tensor:
        """The logits [V] float32 after `ids`, with the bits a fresh generate() would give.

        `known(length)` is the stored row after the first `length` ids, if there is one. `report` is told of what
        takes long, a prompt's layers or a server that is waited for; what it raises gives the row up.
        """

    def stops(self, ids: Sequence[int]) -> bool:
        """True if the text so far ends at one of the model's stop strings."""


class Model(Protocol):
    """A source of rows."""

    @property
    def facts(self) -> Facts:
        """What is known of it."""

    @property
    def tokens(self) -> Tokens:
        """Its tokenizer."""

    def decoder(self, ids: Sequence[int]) -> Decoder:
        """A decoder for this prompt; InputError if it is longer than the context."""

    def generate(self, ids: Sequence[int], given: Given, seed: int) -> list[int]:
        """The model's own generate(): what verify compares with. Prompt and new tokens."""

    def generate_rows(self, ids: Sequence[int], given: Given, seed: int) -> list[Tensor]:
        """The logits [V] that generate() had at each step."""
