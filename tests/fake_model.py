"""A tiny model for tests of the engine: its logits are a fixed function of the ids, and each token is a letter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from tui.core.origin import Origin
from tui.core.progress import Report, quiet
from tui.core.settings import Given
from tui.engine.engine import Engine
from tui.errors import InputError
from tui.models.base import ModelInfo, Processor, Reference
from tui.protocol import Open, Opened

LAYERS = 4
LETTERS = "abcdefghijklmnopqrstuvwxyz ."


def fake_row(ids: Sequence[int], width: int) -> Tensor:
    """Logits [V] float32 after `ids`: different for each sequence, the same in each call."""
    generator = torch.Generator().manual_seed(hash(tuple(ids)) % 2**31)
    return torch.randn(width, generator=generator) * 2


class Letters:
    """A tokenizer with one token for each letter; the last id is special, and an empty text is encoded as one `a`."""

    def __init__(self, width: int) -> None:
        self._width = width

    def encode(self, text: str, report: Report = quiet, *, add_special_tokens: bool = True) -> list[int]:
        return [LETTERS.index(letter) for letter in text or "a"]

    def encode_chat(self, text: str, system: str, report: Report = quiet) -> list[int]:
        return self.encode(f"{system}.{text}.")

    def notes(self, ids: Sequence[int], *, plain: bool) -> list[str]:
        return []

    def piece(self, token: int, before: Sequence[int] | None = None) -> bytes:
        return LETTERS[token].encode() if token < len(LETTERS) else b"<%d>" % token

    def special(self, token: int) -> bool:
        return token == self._width - 1

    def matches(self, wanted: str, limit: int) -> list[int]:
        if wanted.startswith("#"):
            return [int(wanted[1:])]
        return [token for token in range(self._width) if wanted in self.piece(token).decode()][:limit]


@dataclass
class FakeDecoder:
    """A decoder with the fake logits; it calls `report` before each layer of a prompt, as the real one does."""

    model: FakeModel
    prompt: list[int]

    def logits(self, ids: Sequence[int], known: Callable[[int], Tensor | None], report: Report = quiet) -> Tensor:
        if list(ids) == self.prompt:
            for layer in range(LAYERS):
                report("reading the prompt", len(ids) * layer // LAYERS, len(ids), "tokens")
        self.model.forwards.append(tuple(ids))
        self.model.on_forward()
        row = self.model.rows.get(tuple(ids))
        row = fake_row(ids, self.model.info.vocabulary) if row is None else row
        if (self.model.info.head is None and not self.model.whole) or row.isnan().any():
            return row
        return hide(row.log_softmax(0), self.model.info.head)


@dataclass
class FakeReference:
    """A reference with these processors and one stop string; its generate() cannot be called."""

    processors: Mapping[str, Processor] = field(default_factory=dict)
    stop_string: tuple[int, ...] = ()

    def model_processors(self, prompt: Sequence[int], given: Given) -> Mapping[str, Processor]:
        return self.processors

    def stops(self, ids: Sequence[int]) -> bool:
        return bool(self.stop_string) and tuple(ids[-len(self.stop_string) :]) == self.stop_string

    def generate(self, prompt: Sequence[int], given: Given, seed: int) -> list[int]:
        raise NotImplementedError

    def generate_logits(self, prompt: Sequence[int], given: Given, seed: int) -> list[Tensor]:
        raise NotImplementedError


@dataclass
class FakeModel:
    """A model whose logits a test can set; the sequences it was asked for are in `forwards`."""

    info: ModelInfo
    reference: Reference | None = None
    rows: dict[tuple[int, ...], Tensor] = field(default_factory=dict)
    """Sequence → logits that replace those of the fixed function."""
    forwards: list[tuple[int, ...]] = field(default_factory=list)
    whole: bool = False
    """True: it gives the whole vocabulary's log-probabilities, as some servers do."""
    prompt_forwards: int = 0
    on_forward: Callable[[], None] = lambda: None

    @property
    def tokens(self) -> Letters:
        return Letters(self.info.vocabulary)

    def prompt_logits(self, ids: Sequence[int], report: Report) -> Tensor | None:
        if self.info.head is not None:
            return None
        self.prompt_forwards += 1
        rows = [self.decoder(ids[: end + 1]).logits(ids[: end + 1], lambda _: None) for end in range(len(ids))]
        return torch.stack(rows)

    def decoder(self, ids: Sequence[int]) -> FakeDecoder:
        if self.info.context is not None and len(ids) > self.info.context:
            raise InputError("The prompt is too long.", "Shorten it.")
        return FakeDecoder(self, list(ids))

    def batches(self, ids: Sequence[int], report: Report) -> None:
        return None


def hide(row: Tensor, head: int | None) -> Tensor:
    """Log-probabilities [V] with all but the best `head` as NaN, as from a server that sends only those."""
    if head is None or head >= len(row):
        return row
    best = torch.topk(row, head)
    return torch.full_like(row, torch.nan).scatter(0, best.indices, best.values)


def fake_model(width: int = 28, context: int | None = None, head: int | None = None, **generation: object) -> FakeModel:
    """A model whose generation_config sets `generation`, under transformers' own top_k of 50.

    With `head` it gives only the `head` best log-probabilities, and no default for top_k.
    """
    defaults = {"top_k": 50} if head is None else {}
    info = ModelInfo(
        "fake", "nothing", width, context, "cpu", "float32", generation=generation, defaults=defaults, head=head
    )
    return FakeModel(info)


def opened(model: FakeModel, request: Open | None = None, **arguments: object) -> tuple[Engine, Opened]:
    """An engine with this model open."""

    def load(origin: Origin, report: Report) -> FakeModel:
        return model

    engine = Engine(load, **arguments)  # type: ignore[arg-type]
    return engine, engine.open(request or Open(id=1), quiet)
