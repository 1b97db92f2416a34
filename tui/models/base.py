"""What the engine asks of a model, whoever computes its logits; what only transformers can tell is asked apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from tui.core.progress import Report, quiet
from tui.core.settings import Given

Processor = Callable[[Tensor, Tensor], Tensor]
"""(ids [1, n], scores [1, V]) → scores [1, V]."""


CONTEXT = 4
"""As many ids before a token as may decide its text."""


@dataclass(frozen=True)
class ModelInfo:
    """What is known about a model before anything is asked of it."""

    name: str
    backend: str
    """Who computes the logits: transformers, llama.cpp, …"""
    vocabulary: int
    """How many logits there are: may be more than the tokenizer has tokens."""
    context: int | None
    """The most tokens it takes; None where there is no limit, or none is known."""
    device: str
    """Where the logits come out, as torch names it."""
    dtype: str
    """Of the weights: float32, bfloat16, or a quantisation's name; '' where that is not told."""
    eos: frozenset[int] = frozenset()
    """Tokens that end a text."""
    generation: Mapping[str, Any] = field(default_factory=dict)
    """What the model's generation_config sets."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """The library's own defaults, for what nobody set."""
    notes: tuple[str, ...] = ()
    head: int | None = None
    """How many of the best tokens' logits are known; the others are NaN. None: the whole vocabulary's."""
    chat: bool = False
    """True if the tokenizer has a chat template."""
    logits: bool = True
    """False if they are log-probabilities: the same but for a constant nobody knows, which the signs hang on."""
    trusted: bool = False
    """True if code of the checkpoint was allowed to run."""


class Tokens(Protocol):
    """A tokenizer: text to ids, an id to its bytes."""

    def encode(self, text: str, report: Report = quiet, *, add_special_tokens: bool = True) -> list[int]:
        """Ids of a prompt, with the special tokens that the tokenizer adds or without them; one BOS for an empty text.

        `report` is told where a server is waited for; what it raises gives it up.
        """

    def encode_chat(self, text: str, system: str, report: Report = quiet) -> list[int]:
        """Ids of a user's message (after a system prompt, if any) in the chat template; InputError if there is none."""

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
        """True for control tokens and ids the tokenizer does not use."""

    def matches(self, wanted: str, limit: int) -> list[int]:
        """Ids whose text is, starts with, or holds `wanted`, best match first."""


class Decoder(Protocol):
    """The logits after one prompt and what follows it, with whatever cache makes the next ones cheap."""

    def logits(self, ids: Sequence[int], known: Callable[[int], Tensor | None], report: Report) -> Tensor:
        """The logits [V] float32 after `ids` (the prompt and what followed), the same bits each time.

        `known(length)` gives the stored logits after the first `length` ids, if there are any: what a cache gives after
        going back can be checked against them. `report` is told of what takes long, a prompt's layers or a server that
        is waited for; what it raises gives the logits up.
        """


class Reference(Protocol):
    """transformers' generate() on a model: what verify compares with, and what a generation_config makes it do."""

    def model_processors(self, prompt: Sequence[int], given: Given) -> Mapping[str, Processor]:
        """The processors generate() has after this prompt under these settings, by parameter or class name."""

    def stops(self, ids: Sequence[int]) -> bool:
        """True if the text so far ends at one of the model's stop strings."""

    def generate(self, prompt: Sequence[int], given: Given, seed: int) -> list[int]:
        """What generate() gives: the prompt's ids and the new tokens."""

    def generate_logits(self, prompt: Sequence[int], given: Given, seed: int) -> list[Tensor]:
        """The logits [V] float32 that generate() had at each step."""


class Model(Protocol):
    """A source of logits."""

    @property
    def info(self) -> ModelInfo:
        """What is known of it."""

    @property
    def tokens(self) -> Tokens:
        """Its tokenizer."""

    @property
    def reference(self) -> Reference | None:
        """generate() on the same weights; None where transformers does not have them, as on a server."""

    def prompt_logits(self, prompt: Sequence[int], report: Report) -> Tensor | None:
        """The logits [n, V] float32 after each of a prompt's ids, from one forward over all of them.

        None where only the end of a text can be asked for. They are what the model computes, but not to the last bit
        what `decoder` gives for a shorter prompt: another forward sums in another order.
        """

    def decoder(self, prompt: Sequence[int]) -> Decoder:
        """A decoder for this prompt's ids; InputError if they are more than the context."""
