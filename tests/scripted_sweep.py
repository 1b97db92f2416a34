"""The scripted engine's sweep: its own draws, the real grid and the real measures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial

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
        where, total = f"setting {number + 1} of {len(every)}", asked.samples * _length(every[number])
        written: list[Continuation] = []
        for seed in range(asked.seed, asked.seed + asked.samples):
            before = sum(len(one.ids) for one in written)
            beat = partial(_beat, report, where, before, total)
            written.append(_continue(engine, prompt, every[number], seed, beat))
        tell(msgspec.to_builtins(measured(number, every[number], written, keep=asked.texts)))
    return {"settings": len(asked), "notes": []}


def _length(settings: Settings) -> int:
    return int(settings["max_new_tokens"].value or 0)


def _beat(report: Report, where: str, before: int, total: int, done: int) -> None:
    report(where, before + done, total, "tokens")


def _continue(engine, prompt: tuple[int, ...], settings: Settings, seed: int, beat) -> Continuation:
    text = Continuation(seed)
    for index in range(_length(settings)):
        beat(index)
        engine.wait_for_forward()
        here = Distribution(engine._logits((*prompt, *text.ids)), settings)
        token = here.draw(seed, index)
        text.ids.append(token)
        text.pieces.append(engine.vocabulary[token])
        text.surprisals.append(-math.log2(here.raw[token]))
        text.entropies.append(here.entropy.raw)
    return text
