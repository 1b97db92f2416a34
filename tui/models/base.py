"""The interface of a model to the engine, the same for every backend; `Reference` is what only transformers offers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from tui.core.progress import Report, quiet
from tui.core.settings import Given, Refusal

Processor = Callable[[Tensor, Tensor], Tensor]
"""(ids [1, n], scores [1, V]) → scores [1, V]."""


CONTEXT = 4
"""As many ids before a token as may decide its text."""


@dataclass(frozen=True)
class ModelInfo:
    """The facts about a model that are known once it is open."""

    name: str
    backend: str
    """The name of the backend that computes the logits: transformers, llama.cpp, …"""
    vocabulary: int
    """How many logits there are; the tokenizer may have fewer tokens."""
    context: int | None
    """The most tokens a sequence may have; None where there is no limit, or none is known."""
    device: str
    """The device the logits are on, as torch names it."""
    dtype: str
    """The dtype of the weights: float32, `gptq weights in bfloat16`; '' where a server does not say."""
    eos: frozenset[int] = frozenset()
    """The tokens that end a text."""
    generation: Mapping[str, Any] = field(default_factory=dict)
    """The parameters that the model's generation_config sets."""
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    """Those among them that generate() refuses: a person must set another value."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """transformers' own defaults, for parameters that neither the person nor the model sets."""
    notes: tuple[str, ...] = ()
    """One line for each thing a person should know about this model."""
    head: int | None = None
    """How many of the best tokens' logits are known; the others are NaN. None: the whole vocabulary's."""
    chat: bool = False
    """True if the tokenizer has a chat template."""
    logits: bool = True
    """False if they are log-probabilities: these differ from logits by an unknown constant, so signs are unknown."""
    trusted: bool = False
    """True if code of the checkpoint was allowed to run."""


class Tokens(Protocol):
    """A tokenizer: from text to ids, and from an id to its bytes."""

    def encode(self, text: str, report: Report = quiet, *, add_special_tokens: bool = True) -> list[int]:
        """Ids of a prompt, with the special tokens that the tokenizer adds or without them; one BOS for an empty text.

        `report` is called while a server is waited for; an exception in it ends the wait.
        """

    def encode_chat(self, text: str, system: str, report: Report = quiet) -> list[int]:
        """Ids of a user's message, after a system prompt if there is one, in the chat template.

        InputError if there is no template.
        """

    def notes(self, ids: Sequence[int], *, plain: bool) -> list[str]:
        """What a person may not expect of a prompt: BOS twice, EOS at its end.

        `plain`: the ids are a text's, to which the tokenizer added what special tokens it adds.
        """

    def piece(self, token: int, before: Sequence[int] | None = None) -> bytes:
        """What a token adds to the text, as bytes: it may be half a character, or nothing.

        `before`: the ids that it follows, of which the last `CONTEXT` are enough, or none at the beginning of a text.
        None: inside any text.
        """

    def special(self, token: int) -> bool:
        """True for control tokens and for ids that the tokenizer does not use."""

    def matches(self, wanted: str, limit: int) -> list[int]:
        """At most `limit` ids whose text equals, starts with, or contains `wanted`, best match first."""


class Decoder(Protocol):
    """Computes the logits after one prompt and any continuation of it, with a cache that makes the next ones cheap."""

    def logits(self, ids: Sequence[int], known: Callable[[int], Tensor | None], report: Report) -> Tensor:
        """The logits [V] float32 after `ids` (the prompt and its continuation), the same bits each time.

        `known(length)` gives the stored logits after the first `length` ids, or None: the decoder checks its cache
        against them after going back. `report` is called before each layer of a prompt, or while a server is waited
        for; an exception in it ends the computation.
        """


class Batch(Protocol):
    """Texts that begin with one prompt, as rows of one batch."""

    ids: Tensor
    """[rows, n], the prompt and what was fed."""
    logits: Tensor
    """[rows, V] float32 after them, on the model's device."""

    def feed(self, tokens: Sequence[int], report: Report) -> None:
        """Add one token to each row, in one forward. `report` is called before each layer."""

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows only, in this order."""


class Batches(Protocol):
    """Starts batches that continue one prompt, whose state is computed once and copied."""

    def row_bytes(self, length: int) -> int:
        """About how much memory one row's cache takes when its text has grown to `length` ids."""

    def start(self, rows: int) -> Batch:
        """A batch of this many rows, each the prompt."""


class Reference(Protocol):
    """transformers' generate() on a model: its processors and stop strings, and its results for `verify`."""

    def model_processors(self, prompt: Sequence[int], given: Given) -> Mapping[str, Processor]:
        """The processors that generate() builds for this prompt and settings, by parameter or class name."""

    def stops(self, ids: Sequence[int]) -> bool:
        """True if the text of `ids` ends with one of the model's stop strings."""

    def generate(self, prompt: Sequence[int], given: Given, seed: int) -> list[int]:
        """The result of generate(): the prompt's ids and the new tokens."""

    def generate_logits(self, prompt: Sequence[int], given: Given, seed: int) -> list[Tensor]:
        """The logits [V] float32 that generate() had at each step."""


class Model(Protocol):
    """A source of logits."""

    @property
    def info(self) -> ModelInfo:
        """The facts about the model."""

    @property
    def tokens(self) -> Tokens:
        """The model's tokenizer."""

    @property
    def reference(self) -> Reference | None:
        """generate() on the same weights; None if transformers has not loaded them, as for a server's model."""

    def prompt_logits(self, prompt: Sequence[int], report: Report) -> Tensor | None:
        """The logits [n, V] float32 after each of a prompt's ids, from one forward over all of them.

        None where only the end of a text can be asked for. They are what the model computes, but not to the last bit
        what `decoder` gives for a shorter prompt: another forward sums in another order.
        """

    def decoder(self, prompt: Sequence[int]) -> Decoder:
        """A decoder for this prompt's ids; InputError if they do not fit into the context."""

    def batches(self, prompt: Sequence[int], report: Report) -> Batches | None:
        """Batches that continue this prompt; None if the model continues one text at a time, as a server's does.

        A row's logits are those of `decoder` but for rounding: another number of rows sums in another order.
        """
