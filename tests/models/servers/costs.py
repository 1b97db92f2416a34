"""What a step through a server costs: milliseconds, and bytes of the server's response."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

import pytest

from tui.core.origin import Origin
from tui.core.presets import UNICORNS
from tui.core.progress import quiet
from tui.engine.engine import Engine
from tui.models.servers.http import Client
from tui.protocol import Open, Prompt, Step

WARM_UP, STEPS = 3, 20


@dataclass(frozen=True)
class Cost:
    """The medians of some steps, and their requests."""

    backend: str
    vocabulary: int
    requests: int
    milliseconds: float
    bytes: float

    @property
    def bytes_a_token(self) -> float:
        """Bytes of a response for each token of the vocabulary."""
        return self.bytes / self.vocabulary

    def __str__(self) -> str:
        return (
            f"{self.backend}: {self.milliseconds:.1f} ms and {self.bytes:,.0f} bytes a step, "
            f"{self.bytes_a_token:.1f} bytes for each of {self.vocabulary:,} tokens"
        )


def measure(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> Cost:
    """Draw some tokens, and watch the responses."""
    engine = Engine()
    opened = engine.open(Open(origin=origin), quiet)
    tip = engine.prompt(Prompt(text=UNICORNS), quiet).nodes[-1].id
    *_, tip = [node.id for node in engine.step(Step(at=tip, count=WARM_UP))]
    sizes: list[int] = []
    reply = Client._reply

    def counted(*arguments: Any) -> Any:
        received = reply(*arguments)
        sizes.append(len(received.body))
        return received

    with monkeypatch.context() as patch:
        patch.setattr(Client, "_reply", counted)
        nodes = list(engine.step(Step(at=tip, count=STEPS)))
    cost = Cost(
        opened.backend, opened.vocabulary, len(sizes), statistics.median(node.ms for node in nodes),
        statistics.median(sizes),
    )  # fmt: skip
    print(cost)
    return cost
