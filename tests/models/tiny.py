"""Tiny random models in memory, generate()'s logits on them, and a log of their forwards."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
import transformers
from torch import Tensor

from tests.parity import families
from tests.parity.reference import rows_of
from tui.core.progress import Report, quiet
from tui.models.decoding import Shared, TransformersDecoder
from tui.models.generation import arguments
from tui.models.loading import DEMO
from tui.models.transformers import TransformersModel

VOCABULARY = 300
PROMPT = [7, 150, 12, 299, 12, 3, 88, 41, 250]
CROPPABLE = ("gpt2", "llama", "qwen2", "qwen3", "gemma2", "gemma3", "mistral", "mixtral", "qwen3_moe", "bart")
REPLAYED = ("mamba2", "falcon_h1", "bamba", "zamba2", "lfm2", "recurrent_gemma")
BF16 = ("gpt2", "gemma2", "mistral", "mamba2")
FAMILIES = [(name, "float32") for name in (*CROPPABLE, *REPLAYED)] + [(name, "bfloat16") for name in BF16]


@cache
def model(family: str, dtype: str = "float32") -> Any:
    """A family's model, built once in a test run."""
    transformers.utils.logging.set_verbosity_error()
    return families.build(family, VOCABULARY, bits=4.5).to(getattr(torch, dtype))


@cache
def tokenizer() -> Any:
    """The demo model's tokenizer, which has more tokens than these models have logits."""
    return transformers.AutoTokenizer.from_pretrained(DEMO)


def source(family: str, dtype: str = "float32") -> TransformersModel:
    """A tiny model as a `Model` for the engine."""
    return TransformersModel(model(family, dtype), tokenizer(), family)


def decoder(shared: Shared, prompt: Sequence[int] = PROMPT) -> TransformersDecoder:
    """A decoder without any settings."""
    return TransformersDecoder(shared, prompt, arguments(prompt, {}, None))


class Rows:
    """A decoder with the logits it gave so far, as the engine stores them."""

    def __init__(self, model: Any, prompt: Sequence[int] = PROMPT) -> None:
        self.model, self.prompt = model, list(prompt)
        self.decoder = decoder(Shared(model, tokenizer()), prompt)
        self.kept: dict[tuple[int, ...], Tensor] = {}

    def after(self, tokens: Sequence[int], report: Report = quiet) -> Tensor:
        """The logits after the prompt and these tokens; asks for the logits after each token, as stepping does."""
        ids = [*self.prompt, *tokens]
        for length in range(len(self.prompt), len(ids) + 1):
            self.at(ids[:length], report)
        return self.kept[tuple(ids)]

    def at(self, ids: Sequence[int], report: Report = quiet) -> Tensor:
        """The logits after these ids: stored ones, or the decoder's."""
        if tuple(ids) not in self.kept:
            self.kept[tuple(ids)] = self.decoder.logits(
                list(ids), lambda length: self.kept.get(tuple(ids[:length])), report
            )
        return self.kept[tuple(ids)]

    def wrong(self, tokens: Sequence[int]) -> list[int]:
        """The positions whose stored logits differ in a bit from generate()'s: empty if all are right."""
        theirs = rows_of(self.model, self.prompt, tokens)
        ours = [self.kept.get((*self.prompt, *tokens[:count])) for count in range(len(tokens) + 1)]
        return [
            count for count, row in enumerate(ours) if row is not None and not torch.equal(row.cpu(), theirs[count])
        ]


@contextmanager
def watched_forwards(model: Any):
    """The keyword arguments of each forward, tensors copied; a prefill is one with more than one id."""
    calls: list[dict[str, Any]] = []

    def note(_module: Any, _arguments: Any, keywords: dict[str, Any]) -> None:
        calls.append({name: v.clone() if isinstance(v, Tensor) else v for name, v in keywords.items()})

    hook = model.register_forward_pre_hook(note, with_kwargs=True)
    try:
        yield calls
    finally:
        hook.remove()


def prefills(calls: Sequence[dict[str, Any]]) -> int:
    """How many of the forwards were prefills."""
    return sum(call["input_ids"].shape[1] > 1 for call in calls)
