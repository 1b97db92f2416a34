"""A model of a few lines, for tests of the engine: rows are a fixed function of the ids, and a token is its letter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from tui.core.progress import Report
from tui.core.settings import Given
from tui.engine.engine import Engine
from tui.errors import InputError
from tui.models.base import Facts, Processor
from tui.protocol import Open, Opened

LAYERS = 4
LETTERS = "abcdefghijklmnopqrstuvwxyz ."


def fake_row(ids: Sequence[int], width: int) -> Tensor:
    """Logits [V] float32 after `ids`: another row for each sequence, the same one every time."""
    generator = torch.Generator().manual_seed(hash(tuple(ids)) % 2**31)
    return torch.randn(width, generator=generator) * 2


class Letters:
    """One token a letter; the last id is special, an empty text is one `a`."""

    def __init__(self, width: int) -> None:
        self._width = width

    def encode(self, text: str) -> list[int]:
        return [LETTERS.index(letter) for letter in text or "a"]

    def piece(self, token: int) -> bytes:
        return LETTERS[token].encode() if token < len(LETTERS) else b"<%d>" % token

    def special(self, token: int) -> bool:
        return token == self._width - 1

    def matches(self, wanted: str, limit: int) -> list[int]:
        if wanted.startswith("#"):
            return [int(wanted[1:])]
        return [token for token in range(self._width) if wanted in self.piece(token).decode()][:limit]


@dataclass
class FakeDecoder:
    """Rows of one prompt; `watch` is called before each layer of the prompt's forward, as the real one does."""

    model: FakeModel
    prompt: list[int]
    watch: Callable[[int, int], None] | None = None
    eos: frozenset[int] = frozenset()

    def captured(self, given: Given) -> Mapping[str, Processor]:
        return self.model.captured

    def row(self, ids: Sequence[int], known: Callable[[int], Tensor | None]) -> Tensor:
        if list(ids) == self.prompt and self.watch is not None:
            for layer in range(LAYERS):
                self.watch(layer, LAYERS)
        self.model.forwards.append(tuple(ids))
        self.model.on_forward()
        row = self.model.rows.get(tuple(ids))
        return fake_row(ids, self.model.facts.vocabulary) if row is None else row

    def stops(self, ids: Sequence[int]) -> bool:
        return bool(self.model.stop_string) and tuple(ids[-len(self.model.stop_string) :]) == self.model.stop_string


@dataclass
class FakeModel:
    """What it answers can be arranged; what it was asked is in `forwards`."""

    facts: Facts
    eos: frozenset[int] = frozenset()
    stop_string: tuple[int, ...] = ()
    captured: Mapping[str, Processor] = field(default_factory=dict)
    rows: dict[tuple[int, ...], Tensor] = field(default_factory=dict)
    """Rows that are not the fixed function's."""
    forwards: list[tuple[int, ...]] = field(default_factory=list)
    on_forward: Callable[[], None] = lambda: None

    @property
    def tokens(self) -> Letters:
        return Letters(self.facts.vocabulary)

    def decoder(self, ids: Sequence[int]) -> FakeDecoder:
        if self.facts.context is not None and len(ids) > self.facts.context:
            raise InputError("The prompt is too long.", "Shorten it.")
        return FakeDecoder(self, list(ids), eos=self.eos)

    def generate(self, ids: Sequence[int], given: Given, seed: int) -> list[int]:
        raise NotImplementedError

    def generate_rows(self, ids: Sequence[int], given: Given, seed: int) -> list[Tensor]:
        raise NotImplementedError


def fake_model(width: int = 28, context: int | None = None, **generation: object) -> FakeModel:
    """A model whose generation_config sets `generation`, under transformers' own top_k of 50."""
    facts = Facts("fake", width, context, "cpu", "float32", generation=generation, defaults={"top_k": 50})
    return FakeModel(facts)


def quiet(stage: str, done: float, total: float | None, unit: str) -> None:
    """A report nobody reads."""


def opened(model: FakeModel, request: Open | None = None, **arguments: object) -> tuple[Engine, Opened]:
    """An engine with this model open."""

    def load(name: str | None, device: str, dtype: str, report: Report) -> FakeModel:
        return model

    engine = Engine(load, **arguments)  # type: ignore[arg-type]
    return engine, engine.open(request or Open(id=1), quiet)
