"""A slider event to its painted frame, without a forward: the workbench over a real engine process.

    python -m tests.bench.sliders

Rows of 50,257 and 262,144 logits, float32 and bf16, the cursor at step 1 of 500, the model idle and running.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator

from tests.bench.report import Figure, p95, show
from tui.app import SamplescopeApp
from tui.config import Config
from tui.core.settings import Given
from tui.launch import LaunchOptions
from tui.screens.workbench import Workbench

STEPS = 500
MOVES = 40
BARS = {50_257: 33.0, 262_144: 60.0}
SLIDERS: dict[str, list[float]] = {
    "temperature": [0.5 + 0.03 * i for i in range(MOVES)],
    "top_k": [20.0 + 40 * i for i in range(MOVES)],
    "top_p": [0.5 + 0.012 * i for i in range(MOVES)],
    "min_p": [0.002 * (i + 1) for i in range(MOVES)],
}


async def _until(condition, seconds: float = 120.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.001)


async def _one_move(app: SamplescopeApp, bench: Workbench, given: Given) -> float:
    """Milliseconds from the slider's event to the frame with its answer."""
    done = asyncio.Event()
    started = time.perf_counter()
    explorer = bench.explorer
    explorer.go(explorer.state.replace_given(given), moving=True)
    await _until(lambda: explorer.picture.viewed is not None and explorer.picture.viewed.given == explorer.state.given)
    bench.call_after_refresh(done.set)
    await done.wait()
    return (time.perf_counter() - started) * 1000


async def measure(width: int, dtype: str, running: bool) -> Iterator[Figure]:
    """p95 for each slider at one vocabulary."""
    command = [sys.executable, "-m", "tests.bench.wide_model", str(width), dtype, "work" if running else "idle"]
    app = SamplescopeApp(LaunchOptions(engine=command), settings=Config())
    figures = []
    async with app.run_test(size=(120, 40)) as pilot:
        bench = app.screen
        assert isinstance(bench, Workbench)
        explorer, client = bench.explorer, bench.explorer.engine.client
        await _until(lambda: explorer.picture.viewed is not None)
        await client.step(explorer.state.cursor, dict(explorer.state.given), 42, STEPS)
        tip = max(node.id for node in explorer.story)
        explorer.go(explorer.state.visit(explorer.story, explorer.story.path(tip)[10].id))
        await pilot.pause()
        run = asyncio.create_task(client.step(tip, {"max_new_tokens": 100_000}, 42, None)) if running else None
        for name, values in SLIDERS.items():
            times = [await _one_move(app, bench, {name: int(v) if name == "top_k" else v}) for v in values]
            state = "running" if running else "idle"
            figures.append(Figure(f"{name:<12} V {width:>7,} {dtype:<8} {state}: p95", p95(times), BARS[width], "ms"))
        if run is not None:
            client.stop()
            await run
    return iter(figures)


def figures() -> Iterator[Figure]:
    """Every combination."""
    for width in BARS:
        for dtype in ("float32", "bf16"):
            for running in (False, True):
                yield from asyncio.run(measure(width, dtype, running))


if __name__ == "__main__":
    show(figures())
