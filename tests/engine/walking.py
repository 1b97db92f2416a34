"""Runs of an engine on a tiny fake model, and the same runs computed without an engine."""

from __future__ import annotations

from collections.abc import Mapping

from tests.engine.looking import place
from tests.fake_model import FakeModel, fake_model, fake_row, opened
from tests.oracle import settings_of
from tui.core.progress import quiet
from tui.core.story import Node
from tui.engine.decide import distribution
from tui.engine.engine import Engine
from tui.protocol import Prompt, Step, Stepped
from tui.sampling.draw import DrawStream

WIDTH = 28


def start(text: str = "ab", model: FakeModel | None = None, **arguments: object) -> tuple[Engine, int]:
    """An engine with a prompt, and its last node."""
    engine, _ = opened(model or fake_model(), **arguments)
    return engine, engine.prompt(Prompt(text=text), quiet).nodes[-1].id


def walk(engine: Engine, at: int, **asked: object) -> tuple[list[Node], Stepped]:
    """Step to the end; the nodes, and the `Stepped` reply."""
    nodes, steps = [], engine.step(Step(at=at, **asked))  # type: ignore[arg-type]
    while True:
        try:
            nodes.append(next(steps))
        except StopIteration as end:
            return nodes, end.value


def tokens(nodes: list[Node]) -> list[int]:
    return [node.token for node in nodes]


def by_hand(prompt: list[int], count: int, seed: int, given: Mapping[str, float]) -> list[int]:
    """The tokens of the same run without an engine: logits, chain, draw."""
    ids, stream = list(prompt), DrawStream(seed, WIDTH)
    for position in range(count):
        dist = distribution(place(fake_row(ids, WIDTH), ids=ids, position=position), settings_of(**given), seed)
        ids.append(stream.draw(dist.final, position))
    return ids[len(prompt) :]
