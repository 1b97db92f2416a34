"""vLLM: it sends the whole vocabulary if it was started with --max-logprobs -1, else a head; tokens are named by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from torch import Tensor

from tui.core.progress import Report
from tui.errors import ModelError
from tui.models.probe import Backend, Probe
from tui.models.servers.completions import BY_ID, REFUSALS, Completions, HeadSource, by_id
from tui.models.servers.faults import ServerError
from tui.models.servers.http import Client
from tui.models.servers.log_probabilities import whole_vocabulary
from tui.models.servers.served import Ask, ServedModel, server_info
from tui.models.servers.tokenizer import tokenizer_of
from tui.models.vocabulary import Vocabulary

NAME = "vLLM"
ALL = -1
"""vLLM's number of log-probabilities for the whole vocabulary."""
NEUTRAL: Mapping[str, Any] = {
    "top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0,
}  # fmt: skip
"""Sampling settings that change nothing. vLLM may be started so that it sends the probabilities after its settings."""
SAMPLE = "A sample: naïve 🦄, 12\n\tof it."
"""A text that different tokenizers encode differently."""


class _Tokens(msgspec.Struct):
    tokens: list[int]


class VllmSource:
    """Requests the whole vocabulary's log-probabilities after some ids."""

    def __init__(self, completions: Completions, vocabulary: int) -> None:
        self._completions, self.vocabulary = completions, vocabulary

    @classmethod
    def probe(cls, completions: Completions, token: int, report: Report) -> VllmSource:
        """Ask once, after `token`, to see how many tokens the vocabulary has."""
        tops = completions.ask([token], ALL, report).tops
        source = cls(completions, len(tops))
        source.logits(tops)
        return source

    def __call__(self, ids: Sequence[int], report: Report) -> Tensor:
        """The log-probabilities [V] float32 after `ids`."""
        return self.logits(self._completions.ask(ids, ALL, report, self.vocabulary).tops)

    def logits(self, tops: Mapping[str, float]) -> Tensor:
        """The log-probabilities [V] of an answer; ServerError if it does not hold the whole vocabulary."""
        tokens = [by_id(name) for name in tops]
        named = [token for token in tokens if token is not None]
        if len(named) < len(tokens):
            raise ServerError("The server does not name tokens by id.", "A newer vLLM does.")
        return whole_vocabulary(named, list(tops.values()), self.vocabulary)


def open_vllm(probe: Probe) -> ServedModel:
    """Open the model of a vLLM server; its tokenizer is loaded here. ServerError or ModelError says what is wrong."""
    client, report, listed = probe.client, probe.report, probe.listed
    assert listed is not None  # by which it was recognised
    tokenizer, ends = tokenizer_of(probe)
    width = max(tokenizer.get_vocab().values()) + 1
    first = check_tokenizer(client, listed.id, Vocabulary(tokenizer, width), report)
    completions = Completions(client, listed.id, {**BY_ID, **NEUTRAL})
    ask: Ask
    head: int | None = None
    notes: tuple[str, ...] = ()
    try:
        ask = source = VllmSource.probe(completions, first, report)
        width = source.vocabulary
    except ServerError as error:
        if error.status not in REFUSALS:
            raise
        head = completions.widest([first], report)
        notes = (f"only the best {head} tokens are told; started with --max-logprobs -1, vLLM tells all",)
        ask = HeadSource(completions, head, width, by_id)
    info = server_info(
        listed.id, NAME, width, listed.max_model_len, eos=ends, head=head, notes=notes,
        chat=bool(tokenizer.chat_template),
    )  # fmt: skip
    return ServedModel(info, Vocabulary(tokenizer, width), ask)


def check_tokenizer(client: Client, model: str, tokens: Vocabulary, report: Report) -> int:
    """Check that the server encodes a sample as this tokenizer does, else ModelError; the sample's first id."""
    theirs = client.ask("/tokenize", {"model": model, "prompt": SAMPLE}, _Tokens, report).tokens
    if theirs != tokens.encode(SAMPLE) or not theirs:
        raise ModelError(
            "The tokenizer given is not the one the server's model has: it gives other ids.", "Give its own."
        )
    return theirs[0]


VLLM = Backend(NAME, lambda probe: probe.owned_by("vllm"), open_vllm)
