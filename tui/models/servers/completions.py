"""OpenAI's /v1/completions, as far as it is asked here: one token after some ids, and what else it might have been."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from torch import Tensor

from tui.core.progress import Report
from tui.models.base import Tokens
from tui.models.servers.faults import ServerError
from tui.models.servers.http import Client
from tui.models.servers.log_probabilities import head_only

PATH = "/v1/completions"
BY_ID: Mapping[str, Any] = {"return_tokens_as_token_ids": True}
"""vLLM's way to name tokens by id; others may refuse it."""
WIDTHS = (1000, 100, 50, 20, 10, 5, 3, 2, 1)
"""How many log-probabilities are asked for, until a server agrees."""
REFUSALS = (400, 413, 422, 500, 501)
"""What servers say to more than they give."""
ENDED_TRIES = 3
"""A server that happens to draw the end of the text tells nothing: so often it is asked."""
JOINED_TOKENS = 8
"""Tokens whose texts are compared with the text they make."""

_ID = re.compile(r"token_id:(\d{1,18})", re.ASCII)
_BYTE = re.compile(r"\\x([0-9a-fA-F]{2})")

Name = Callable[[str], int | None]
"""A token's name in an answer → its id; None if that is not certain."""


class _Logprobs(msgspec.Struct):
    top_logprobs: list[dict[str, float] | None]
    tokens: list[str] = []


class _Choice(msgspec.Struct):
    text: str = ""
    logprobs: _Logprobs | None = None

    @property
    def tops(self) -> dict[str, float]:
        """The first token's alternatives by name."""
        return (self.logprobs.top_logprobs[0] if self.logprobs and self.logprobs.top_logprobs else None) or {}


class _Completion(msgspec.Struct):
    choices: list[_Choice]


class Completions:
    """Asks for what may follow; nothing the server might do to its probabilities is left to its own settings."""

    def __init__(self, client: Client, model: str, more: Mapping[str, Any]) -> None:
        """`more`: what this server wants in each request besides OpenAI's own fields."""
        self.client = client
        self._fixed: dict[str, Any] = {"model": model, "max_tokens": 1, "temperature": 1.0, "top_p": 1.0, **more}

    def ask(
        self,
        ids: Sequence[int],
        logprobs: int,
        report: Report,
        vocabulary: int = 0,
        *,
        patient: bool = True,
        **other: Any,
    ) -> _Choice:
        """The first choice after `ids`, with so many log-probabilities (-1: all)."""
        body = self._fixed | {"prompt": list(ids), "logprobs": logprobs} | other
        answer = self.client.ask(PATH, body, _Completion, report, vocabulary=vocabulary, patient=patient)
        if not answer.choices:
            raise ServerError("The server's answer has no choices.")
        return answer.choices[0]

    def widest(self, ids: Sequence[int], report: Report) -> int:
        """How many log-probabilities the server tells; ServerError if none."""
        refusal: ServerError | None = None
        for wanted in WIDTHS:
            try:
                # At temperature 0 the token that is drawn is one of them, and not told on top of them.
                choice = self.ask(ids, wanted, report, patient=False, temperature=0.0)
            except ServerError as error:
                if error.status not in REFUSALS:
                    raise
                refusal = error
                continue
            if choice.tops:
                return min(wanted, len(choice.tops))
        raise refusal or ServerError(f"{self.client.host} tells no log-probabilities.", "Does it take `logprobs`?")

    def joins(self, ids: Sequence[int], report: Report) -> bool:
        """True if the texts that name tokens are these tokens' whole texts: they add up to the text they make."""
        choice = self.ask(ids, 1, report, max_tokens=JOINED_TOKENS, temperature=0.0)
        return "".join(choice.logprobs.tokens if choice.logprobs else []) == choice.text


def by_id(name: str) -> int | None:
    """`token_id:17` → 17."""
    match = _ID.fullmatch(name)
    return int(match[1]) if match else None


def by_text(tokens: Tokens, vocabulary: int) -> Name:
    """A token's text → its id, where exactly one token has these bytes."""
    known: dict[bytes, int | None] = {}
    for token in range(vocabulary):
        piece = tokens.piece(token)
        known[piece] = None if piece in known else token

    def name(text: str) -> int | None:
        return known.get(text_bytes(text))

    return name


def text_bytes(text: str) -> bytes:
    r"""A token's text as bytes; half characters are written `bytes:\xf0\x9f`."""
    if text.startswith("bytes:"):
        return bytes(int(pair, 16) for pair in _BYTE.findall(text))
    return text.encode("utf-8", "replace")


class HeadSource:
    """Rows of which the server tells the best N."""

    def __init__(self, completions: Completions, head: int, vocabulary: int, name: Name) -> None:
        self._completions, self._head, self._vocabulary, self._name = completions, head, vocabulary, name

    def __call__(self, ids: Sequence[int], report: Report) -> Tensor:
        """The log-probabilities [V] float32 after `ids`, NaN where none is told."""
        for _ in range(ENDED_TRIES):
            if tops := self._completions.ask(ids, self._head, report).tops:
                return self.logits(tops)
        raise ServerError("The server told no log-probabilities here.", "Try again.")

    def logits(self, tops: Mapping[str, float]) -> Tensor:
        """The part of `tops` that is certainly the best: no more than N, and nothing below a token of unknown name.

        Two tokens of the same text may be one entry: then another stands where this one was listed first.
        """
        best = sorted(tops, key=lambda name: -tops[name])[: self._head]
        tokens = {name: self._name(name) for name in tops}
        position = {name: index for index, name in enumerate(tops)}
        unknown = [name for name in tops if tokens[name] is None]
        unknown_at = [best.index(name) for name in unknown if name in best]
        if len(tops) < self._head:
            unknown_at += [position[name] for name in unknown]
        certain = best[: min(unknown_at, default=len(best))]
        if not certain:
            raise ServerError(
                "The server's most probable token cannot be told: its text is half a character, or that of several.",
                "A server that names tokens by id or bytes is needed here.",
            )
        return head_only([tokens[name] or 0 for name in certain], [tops[name] for name in certain], self._vocabulary)
