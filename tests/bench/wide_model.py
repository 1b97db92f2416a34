"""A model of any width whose rows cost nothing: what is measured is everything but the forward."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from tui.core.origin import Origin
from tui.core.progress import Report
from tui.engine.engine import Engine
from tui.engine.process import main
from tui.models.base import ModelInfo

FORWARD = 700
"""Side of the square product that stands for a forward while the model runs."""


class WideModel:
    """Rows of `width` logits, a fixed function of the last id; `work` makes each forward cost a matrix product."""

    def __init__(self, width: int, bf16: bool, work: bool) -> None:
        self.info = ModelInfo(
            "wide", "nothing", width, None, "cpu", "bfloat16" if bf16 else "float32",
            defaults={"top_k": 50, "temperature": 1.0, "top_p": 1.0, "typical_p": 1.0, "repetition_penalty": 1.0},
        )  # fmt: skip
        self.tokens = self
        self.reference = None
        self.watch: Callable[[int, int], None] | None = None
        generator = torch.Generator().manual_seed(0)
        rows = torch.randn(8, width, generator=generator) * 3
        self._rows = rows.bfloat16().float() if bf16 else rows
        self._square = torch.randn(FORWARD, FORWARD) if work else None

    def encode(self, text: str, report: object = None, *, add_special_tokens: bool = True) -> list[int]:
        return list(range(10))

    def notes(self, ids: Sequence[int], *, plain: bool) -> list[str]:
        return []

    def piece(self, token: int, before: Sequence[int] | None = None) -> bytes:
        return b" token%d" % token

    def special(self, token: int) -> bool:
        return False

    def matches(self, wanted: str, limit: int) -> list[int]:
        return []

    def decoder(self, ids: Sequence[int]) -> WideModel:
        return self

    def logits(self, ids: Sequence[int], known: Callable[[int], Tensor | None], report: object = None) -> Tensor:
        if self._square is not None:
            self._square @ self._square
        return self._rows[ids[-1] % 8]


def serve(width: int, bf16: bool, work: bool) -> None:
    """Be an engine process with this model."""

    def load(origin: Origin, report: Report) -> WideModel:
        return WideModel(width, bf16, work)

    main(lambda: Engine(load))


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2] == "bf16", sys.argv[3] == "work")
