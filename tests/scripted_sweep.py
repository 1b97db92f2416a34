"""The scripted engine's sweep: its own draws, the real grid and the real measures."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from tests.scripted_math import Distribution
from tui.core.grid import Sweep, check
from tui.core.progress import Report, Tell
from tui.core.settings import Settings
from tui.core.story import How
from tui.experiments.measures import measured
from tui.experiments.metrics import Continuation


def sweep(engine, parameters: Mapping[str, object], report: Report, tell: Tell) -> dict[str, object]:
    """Tell a `Measured` a setting; a forward of the engine's for each token of each continuation."""
    asked = msgspec.convert(parameters, Sweep)
    check(asked)
    path = engine.story.path(asked.at)
    prompt = tuple(node.token for node in path if node.how is How.PROMPT)
    every = [engine._settings(given) for given in asked.settings()]
    for number in range(asked.finished, len(every)):
        seeds = range(asked.seed, asked.seed + asked.samples)
        written = []
        for seed in seeds:
            report(f"setting {number + 1} of {len(every)}", len(written), asked.samples, "texts")
            written.append(_continue(engine, prompt, every[number], seed))
        tell(msgspec.to_builtins(measured(number, every[number], written, keep=asked.texts)))
    return {"settings": len(asked), "notes": []}


def _continue(engine, prompt: tuple[int, ...], settings: Settings, seed: int) -> Continuation:
    text = Continuation(seed)
    for index in range(int(settings["max_new_tokens"].value or 0)):
        engine.wait_for_forward()
        here = Distribution(engine._logits((*prompt, *text.ids)), settings)
        token = here.draw(seed, index)
        text.ids.append(token)
        text.pieces.append(engine.vocabulary[token])
        text.surprisals.append(-math.log2(here.raw[token]))
        text.entropies.append(here.entropy.raw)
    return text
