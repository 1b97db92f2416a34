"""Each lesson on the real engine: what it says is on screen once it is set up, and again after its one thing to try."""

from __future__ import annotations

import math
import statistics
from itertools import pairwise

import pytest

from tests.lessons.measures import measured
from tests.ui.conftest import no_faults, start
from tui import keys
from tui.core.presets import UNICORNS
from tui.core.settings import Given
from tui.core.story import How
from tui.experiments.jobs import make_engine
from tui.experiments.run import run_records
from tui.launch import LaunchOptions
from tui.lessons.lesson import KEY, Lesson, load
from tui.lessons.page import PROMPT_TOKENS
from tui.protocol import View

__all__ = ["no_faults", "start"]

LESSONS = load()[0]


async def everything(bed) -> None:
    """Ask for every candidate of the view on screen."""
    bed.everything = ()
    shown = bed.viewed

    def keep(viewed):
        bed.everything = viewed.candidates

    window = (0, shown.vocabulary)
    bed.explorer.engine.view(View(slot="all", at=shown.at, given=shown.given, seed=shown.seed, window=window), keep)
    await bed.until(lambda: bed.everything)


async def settled(bed) -> None:
    """Wait until the view on screen is the exact one, and holds the list's beginning."""
    await bed.shown()
    await bed.until(lambda: bed.viewed.candidates and bed.viewed.first == 0)


async def agrees(bed, numbers) -> None:
    await settled(bed)
    await everything(bed)
    assert {name: measured(bed, name, written) for name, written in numbers.items()} == dict(numbers)


def key_of(step: str) -> str:
    return step.removeprefix(KEY) if step.startswith(KEY) else keys.ACTIONS[step].keys.split(",")[0]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
async def test_what_a_lesson_says_is_so(start, lesson: Lesson):
    async with start(make=make_engine) as bed:
        await bed.press("i", *[")"] * LESSONS.index(lesson), "I")
        assert "built-in model" not in bed.message  # for this one is
        assert sum(node.how is How.PROMPT for node in bed.explorer.picture.branch) == PROMPT_TOKENS
        await agrees(bed, lesson.shows)
        for step in lesson.steps:
            await bed.pilot.press(key_of(step))
            await bed.until(lambda: not bed.state.stepping)
        await agrees(bed, lesson.outcome)


@pytest.mark.long
@pytest.mark.parametrize("temperature", ["0.5", "1.0", "2.0"])
def test_the_table_of_accuracy_and_diversity(temperature: str):
    given = {"temperature": float(temperature), "top_k": 0, "max_new_tokens": 64}
    mean, distinct = trade_off(given, runs=32)
    for words in next(lesson for lesson in LESSONS if lesson.id == "trade-off").words.values():
        line = next(line for line in words.text.splitlines() if line.startswith(f"  {temperature} "))
        numbers = zip(line.split()[1:], (mean, math.exp(-mean), distinct), strict=True)
        for written, value in numbers:
            assert f"{value:,.{len(written.partition('.')[2])}f}" == written


def trade_off(given: Given, runs: int) -> tuple[float, float]:
    """Mean ln p of the drawn tokens under the raw model, and distinct-2 of all runs; seeds from 42 on."""
    logs: list[float] = []
    texts: list[list[int]] = []
    for seed in range(42, 42 + runs):
        records = run_records(LaunchOptions(prompt=UNICORNS, given=given, seed=seed), 0)
        steps = [record for record in records if record["type"] == "step"]
        logs += [-step["surprisal_bits"] * math.log(2) for step in steps]
        texts.append([step["id"] for step in steps])
    pairs = {pair for ids in texts for pair in pairwise(ids)}
    return statistics.fmean(logs), len(pairs) / sum(map(len, texts))
