"""llama.cpp's own server: each response has the whole vocabulary's log-probabilities, with tokens by id and bytes.

Two properties of the server shape this file. If the token it draws is half a character, it sends no probabilities: so
a large bias on a plain letter makes it draw that letter; the probabilities it sends are those before the bias. And it
sends the logarithm of a float32 probability, so that log-probabilities below the smallest float32 are unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from torch import Tensor

from tui.core.progress import Report
from tui.models.probe import Backend, Probe
from tui.models.servers.faults import ServerError
from tui.models.servers.http import Client
from tui.models.servers.llama_tokens import LlamaTokens, Piece, tokenize
from tui.models.servers.log_probabilities import whole_vocabulary
from tui.models.servers.served import ServedModel, server_info

T = TypeVar("T")

NAME = "llama.cpp"
BIAS = 1000.0
"""More than any logit: a token with this bias is drawn."""
LETTER = "a"
"""The plain letter that the server is made to draw."""
FLOOR = -103.97
"""The logarithm of half the smallest float32: a probability that rounds to 0 is below it, by an unknown amount."""
UNKNOWN = -1e30
"""Values below this stand for the logarithm of 0, which llama.cpp writes as the lowest float32."""


class _Entry(msgspec.Struct):
    id: int
    logprob: float


class _Top(msgspec.Struct):
    top_logprobs: list[_Entry]


class _Completion(msgspec.Struct):
    completion_probabilities: list[_Top]


class _TopPieces(msgspec.Struct):
    top_logprobs: list[Piece]


class _Pieces(msgspec.Struct):
    completion_probabilities: list[_TopPieces]


class _Ended(msgspec.Struct):
    stop_type: str


class _Generation(msgspec.Struct):
    n_ctx: int
    params: dict[str, Any] = {}


class _Props(msgspec.Struct):
    default_generation_settings: _Generation
    bos_token: str = ""
    eos_token: str = ""
    chat_template: str = ""
    model_ftype: str = ""


class LlamaSource:
    """Requests the log-probabilities after some ids."""

    def __init__(self, client: Client, model: str, vocabulary: int, letter: int) -> None:
        """`letter`: the id of a plain letter, which the server is made to draw."""
        self._client, self._model, self._vocabulary, self._letter = client, model, vocabulary, letter

    def __call__(self, ids: Sequence[int], report: Report) -> Tensor:
        """The log-probabilities [V] float32 after `ids`."""
        answer = self.complete(ids, self._letter, self._vocabulary, _Completion, report)
        entries = answer.completion_probabilities[0].top_logprobs if answer.completion_probabilities else []
        values = [FLOOR if entry.logprob < UNKNOWN else entry.logprob for entry in entries]
        return whole_vocabulary([entry.id for entry in entries], values, self._vocabulary)

    def pieces(self, report: Report) -> list[bytes]:
        """Every token's bytes, in id order; empty for control tokens."""
        answer = self.complete([self._letter], self._letter, self._vocabulary, _Pieces, report)
        told = {piece.id: bytes(piece.bytes) for top in answer.completion_probabilities for piece in top.top_logprobs}
        if sorted(told) != list(range(self._vocabulary)):
            raise ServerError(
                f"The server tells {len(told):,} tokens' bytes, and its vocabulary has {self._vocabulary:,}."
            )
        return [told[token] for token in range(self._vocabulary)]

    def is_end(self, token: int, report: Report) -> bool:
        """True if the server ends a text at this token, which it is made to draw."""
        return self.complete([self._letter], token, 0, _Ended, report).stop_type == "eos"

    def complete(self, ids: Sequence[int], drawn: int, tops: int, kind: type[T], report: Report) -> T:
        """Request one token, forced to be `drawn`, with the probabilities of the best `tops` tokens."""
        body = {
            "model": self._model, "prompt": list(ids), "n_predict": 1, "n_probs": tops, "cache_prompt": True,
            "logit_bias": [[drawn, BIAS]], "stream": False,
        }  # fmt: skip
        return self._client.ask("/completion", body, kind, report, vocabulary=tops)


def open_llama(probe: Probe) -> ServedModel:
    """Open the model of a llama.cpp server. ServerError says what the server lacks."""
    client, report, listed = probe.client, probe.report, probe.listed
    assert listed is not None  # by which it was recognised
    vocabulary = listed.meta.n_vocab if listed.meta else 0
    props = client.ask("/props", None, _Props, report)
    letter = tokenize(client, LETTER, report, special=False)[-1].id
    ask = LlamaSource(client, listed.id, vocabulary, letter)
    tokens = LlamaTokens.read(client, ask.pieces(report), props.bos_token, props.chat_template, report)
    settings = props.default_generation_settings
    ends = (token for token in tokens.possible_ends(props.eos_token) if ask.is_end(token, report))
    info = server_info(
        listed.id, NAME, vocabulary, settings.n_ctx, dtype=props.model_ftype, eos=frozenset(ends),
        notes=_notes(settings.params), chat=tokens.chat,
    )  # fmt: skip
    return ServedModel(info, tokens, ask)


def _notes(own: dict[str, Any]) -> tuple[str, ...]:
    names = ("temperature", "top_k", "top_p", "min_p")
    told = ", ".join(f"{name} {own[name]:g}" for name in names if isinstance(own.get(name), int | float))
    return (
        *((f"the server's own sampling settings ({told}) are not used: tokens are drawn here",) if told else ()),
        f"llama.cpp tells no log-probability below {FLOOR:.0f}; what is below stands there",
    )


LLAMA = Backend(NAME, lambda probe: probe.owned_by("llamacpp"), open_llama)
