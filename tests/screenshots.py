"""The pictures in `screenshots/`, taken from the running program on the demo model: `python -m tests.screenshots`.

That of a chat's prompt is of the GGUF file that `SAMPLESCOPE_GGUF` names, and is left as it is without one. Names of
pictures as arguments: only those.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

# Read by textual when it is imported: the pictures are of a terminal with all colours.
os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TEXTUAL_COLOR_SYSTEM": "truecolor"}
os.environ.pop("NO_COLOR", None)

from tests.patience import PATIENCE
from tui.app import SamplescopeApp
from tui.config import Config
from tui.core.origin import Origin
from tui.explorer import requests
from tui.explorer.display import Picture
from tui.explorer.status import EngineStatus
from tui.launch import LaunchOptions
from tui.screens.workbench import Workbench

FOLDER = Path(__file__).parents[1] / "screenshots"
SIZES = {"wide": (120, 40), "small": (80, 24)}
SHOTS = {
    "workbench": ["4", *"nnnnnnnnnn"],
    "plot": ["4", *"nnn", "tab", "+"],
    "histogram": ["4", *"nnn", "tab", "+", "V"],
    "temperatures": ["2", *"nnn", "tab", "+", *"VV"],
    "stages": ["4", *"nnn", "V", "V", "V"],
    "text": ["4", "r", "tab", "+", *"VVVV"],
    "compare": ["X", "p", "c", "enter"],
    "trade-off": ["T", "f2"],
    "lesson": [*"i))I"],
    "steps": ["2", *"nnnnnnnnnnnn", "L", "s"],
    "help": ["?"],
    "draws": ["2", *"nnn", "d"],
}
QUESTION = "Which animal has one horn?"


def settled(picture: Picture) -> bool:
    """True if no request is running, and the screen shows the reply for the current state."""
    viewed, idle = picture.viewed, picture.state.status is EngineStatus.IDLE
    return idle and viewed is not None and viewed.exact and requests.answers(viewed, picture.state)


async def _settled(app: SamplescopeApp, bench: Workbench) -> None:
    """Wait until the screen shows the reply for the current state."""
    async with asyncio.timeout(PATIENCE):
        while not settled(bench.explorer.picture):
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.5)


async def _still(app: SamplescopeApp) -> None:
    """Wait until nothing has changed on the screen for a second: what an experiment tells comes bit by bit."""
    async with asyncio.timeout(PATIENCE):
        before = ""
        while before != (before := app.export_screenshot()):
            await asyncio.sleep(1.0)


async def take(options: LaunchOptions, keys: list[str], size: tuple[int, int], target: Path) -> None:
    """Press keys in a fresh program and save its screen as SVG."""
    app = SamplescopeApp(options, settings=Config(theme="samplescope-dark"))
    async with app.run_test(size=size) as pilot:
        bench = app.screen
        assert isinstance(bench, Workbench)
        await _settled(app, bench)
        for key in keys:
            await pilot.press({"?": "question_mark", "+": "plus", "<": "less_than_sign"}.get(key, key))
            await _settled(app, bench)
        await _still(app)
        svg = app.export_screenshot(title="samplescope")
        # No font from the network: the reader's own fixed-width one.
        svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code", "DejaVu Sans Mono")
        target.write_text(svg, encoding="utf-8")


def main() -> None:
    """Every shot at every size."""
    FOLDER.mkdir(exist_ok=True)
    shots = {name: (LaunchOptions(), keys) for name, keys in SHOTS.items()}
    if file := os.environ.get("SAMPLESCOPE_GGUF"):
        chat = LaunchOptions(origin=Origin(model=file), prompt=QUESTION, chat=True, given={"temperature": 0.7})
        shots["chat"] = (chat, ["<", "left"])
    for name in sys.argv[1:] or shots:
        for label, size in SIZES.items():
            target = FOLDER / f"{name}-{label}.svg"
            asyncio.run(take(*shots[name], size, target))
            print(target.name)


if __name__ == "__main__":
    main()
