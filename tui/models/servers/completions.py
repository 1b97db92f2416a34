"""OpenAI's /v1/completions: requests for one token after some ids, with the log-probabilities of the best tokens."""

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
"""vLLM's option to name tokens by id; other servers may refuse it."""
WIDTHS = (1000, 100, 50, 20, 10, 5, 3, 2, 1)
"""Numbers of log-probabilities to request, tried in order until the server accepts one."""
REFUSALS = (400, 413, 422, 500, 501)
"""Statuses with which servers refuse a number of log-probabilities or an option."""
ENDED_TRIES = 3
"""How often to ask for log-probabilities: a server that happens to draw the end of the text sends none."""
JOINED_TOKENS = 8
"""How many tokens to generate to see whether their names join to the text."""

_ID = re.compile(r"token_id:(\d{1,18})", re.ASCII)
_BYTE = re.compile(r"\\x([0-9a-fA-F]{2})")

Name = Callable[[str], int | None]
"""A token's name in an answer → its id; None if the id is not certain."""


class _Logprobs(msgspec.Struct):
    top_logprobs: list[dict[str, float] | None]
    tokens: list[str] = []


class _Choice(msgspec.Struct):
    text: str = ""
    logprobs: _Logprobs | None = None

    @property
    def tops(self) -> dict[str, float]:
        """The log-probabilities of the first token's alternatives, by name; empty if there are none."""
        return (self.logprobs.top_logprobs[0] if self.logprobs and self.logprobs.top_logprobs else None) or {}


class _Completion(msgspec.Struct):
    choices: list[_Choice]


class Completions:
    """Sends completion requests; each one overrides the server's own sampling settings."""

    def __init__(self, client: Client, model: str, more: Mapping[str, Any]) -> None:
        """`more`: fields of each request besides OpenAI's own, for this kind of server."""
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
        """The server's first choice after `ids`, with `logprobs` log-probabilities (-1: all)."""
        body = self._fixed | {"prompt": list(ids), "logprobs": logprobs} | other
        answer = self.client.ask(PATH, body, _Completion, report, vocabulary=vocabulary, patient=patient)
        if not answer.choices:
            raise ServerError("The server's answer has no choices.")
        return answer.choices[0]

    def widest(self, ids: Sequence[int], report: Report) -> int:
        """How many log-probabilities the server sends at most; ServerError if none."""
        refusal: ServerError | None = None
        for wanted in WIDTHS:
            try:
                # At temperature 0 the drawn token is one of the best, so the server does not add it to them.
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
        """True if the names of generated tokens join to the generated text: then a name is its token's exact text."""
        choice = self.ask(ids, 1, report, max_tokens=JOINED_TOKENS, temperature=0.0)
        return "".join(choice.logprobs.tokens if choice.logprobs else []) == choice.text


def by_id(name: str) -> int | None:
    """`token_id:17` → 17."""
    match = _ID.fullmatch(name)
    return int(match[1]) if match else None


def by_text(tokens: Tokens, vocabulary: int) -> Name:
    """A function from a token's text to its id; None if not exactly one token has these bytes."""
    known: dict[bytes, int | None] = {}
    for token in range(vocabulary):
        piece = tokens.piece(token)
        known[piece] = None if piece in known else token

    def name(text: str) -> int | None:
        return known.get(text_bytes(text))

    return name


def text_bytes(text: str) -> bytes:
    r"""The bytes of a token's name in an answer, where half a character is written as `bytes:\xf0\x9f`."""
    if text.startswith("bytes:"):
        return bytes(int(pair, 16) for pair in _BYTE.findall(text))
    return text.encode("utf-8", "replace")


class HeadSource:
    """A source of logits of which the server sends the best N."""

    def __init__(self, completions: Completions, head: int, vocabulary: int, name: Name) -> None:
        self._completions, self._head, self._vocabulary, self._name = completions, head, vocabulary, name

    def __call__(self, ids: Sequence[int], report: Report) -> Tensor:
        """The log-probabilities [V] float32 after `ids`, NaN for unseen tokens."""
        for _ in range(ENDED_TRIES):
            if tops := self._completions.ask(ids, self._head, report).tops:
                return self.logits(tops)
        raise ServerError("The server told no log-probabilities here.", "Try again.")

    def logits(self, tops: Mapping[str, float]) -> Tensor:
        """The log-probabilities [V] of the entries of `tops` that are certainly the best, NaN for all other tokens.

        These are at most N, and only those above the first entry whose name does not give an id. Two tokens of the same
        text share one entry, which then has the position of one and the value of the other: so in an answer of fewer
        than N entries nothing below that position is certain either.
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
