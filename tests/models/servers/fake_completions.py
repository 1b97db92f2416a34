"""Responses of vLLM and other OpenAI-compatible servers, with logits that are a function of the ids."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from transformers import AutoTokenizer

from tests.models.servers.faulty import RefusedError
from tui.models.loading import DEMO
from tui.models.vocabulary import Vocabulary

WIDTH = 8192
CONTEXT = 128
NAME = "org/fake"


@cache
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(DEMO)


@cache
def vocabulary() -> Vocabulary:
    return Vocabulary(tokenizer(), WIDTH)


def fake_row(ids: list[int]) -> torch.Tensor:
    """Log-probabilities [V] float32."""
    generator = torch.Generator().manual_seed(sum(ids) * 1000 + len(ids))
    return (torch.randn(WIDTH, generator=generator) * 4).log_softmax(-1)


def plain_text(token: int) -> str:
    """How most servers write a token: half a character is U+FFFD."""
    return vocabulary().piece(token).decode("utf-8", "replace")


def text_or_bytes(token: int) -> str:
    """How OpenAI writes a token: half a character as `bytes:\\x…`."""
    piece = vocabulary().piece(token)
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in piece)


def stripped_text(token: int) -> str:
    """How a server writes a token if it decodes each one alone and its tokenizer drops a blank at the start."""
    return plain_text(token).removeprefix(" ")


@dataclass
class Completions:
    """One kind of server; `answer` is for `Faulty.answer`."""

    most: int = 5
    """How many log-probabilities it sends at most; WIDTH: all."""
    by_id: bool = False
    """True if it knows return_tokens_as_token_ids; else it refuses that."""
    clamps: bool = False
    """True if a request for more than `most` gets `most`; else it is refused."""
    text: Callable[[int], str] = plain_text
    owner: str = "somebody"
    sampled_too: bool = True
    """True if the drawn token is listed in addition to the best ones."""
    rows: dict[tuple[int, ...], torch.Tensor] = field(default_factory=dict)
    """Ids → logits that replace those of the function."""

    def row(self, ids: list[int]) -> torch.Tensor:
        return self.rows.get(tuple(ids), fake_row(ids))

    def answer(self, path: str, body: Any) -> Any:
        if path == "/v1/models":
            listed = {"id": NAME, "owned_by": self.owner, "max_model_len": CONTEXT, "root": str(DEMO)}
            return {"data": [listed]}
        if path == "/tokenize" and self.owner == "vllm":
            return {"tokens": vocabulary().encode(body["prompt"]), "count": 0}
        return self._complete(body) if path == "/v1/completions" else None

    def _complete(self, body: Any) -> Any:
        wanted = WIDTH if body["logprobs"] == -1 else body["logprobs"]
        if "return_tokens_as_token_ids" in body and not self.by_id:
            raise RefusedError("Unrecognized request argument supplied: return_tokens_as_token_ids")
        if wanted > self.most and not self.clamps:
            raise RefusedError(f"logprobs must be at most {self.most}")
        named = (lambda token: f"token_id:{token}") if body.get("return_tokens_as_token_ids") else self.text
        ids, tokens, tops = list(body["prompt"]), [], []
        for _ in range(body["max_tokens"]):
            row = self.row(ids)
            best = torch.topk(row, min(wanted, self.most)).indices.tolist()
            drawn = best[0] if body["temperature"] == 0 else int(row.argsort(descending=True)[min(40, WIDTH - 1)])
            told = [drawn, *best] if self.sampled_too else best
            tops.append({named(token): float(row[token]) for token in told})
            tokens.append(named(drawn))
            ids.append(drawn)
        new = ids[len(body["prompt"]) :]
        text = b"".join(vocabulary().piece(token) for token in new).decode("utf-8", "replace")
        return {"choices": [{"text": text, "logprobs": {"tokens": tokens, "top_logprobs": tops}}]}


def certain(row: torch.Tensor, tokens: list[int]) -> torch.Tensor:
    """Log-probabilities [V] with all but these tokens as NaN."""
    told = torch.full_like(row, math.nan)
    told[tokens] = row[tokens]
    return told
