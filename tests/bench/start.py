"""How soon the explorer is there, and how soon a typed key is: `python -m tests.bench.start`.

First paint: from exec to the prompt's text on the terminal. Echo: from a key's byte going out to its letter coming
back, typed at 20 keys a second into the prompt while the model loads, and while it runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.report import Figure, median, p95, show
from tests.patience import PATIENCE
from tests.pty.explorer import COMMAND, Explorer, after
from tests.ptyrun import Terminal

ROUNDS = 7
KEYS = 200
PER_SECOND = 20
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def first_paint(folder: Path) -> float:
    """Seconds from exec to the prompt's text."""
    begun = time.perf_counter()
    with Explorer(folder) as explorer:
        explorer.until_written(b"unicorns", timeout=PATIENCE)
        return time.perf_counter() - begun


_TEXTUAL = """
from textual.app import App
from textual.widgets import TextArea

class Bare(App):
    def compose(self):
        yield TextArea("a herd of unicorns")

Bare().run()
"""


def textual_alone() -> float:
    """Seconds to the first text of a textual app with one editor: what no program on textual goes below."""
    begun = time.perf_counter()
    with Terminal([sys.executable, "-c", _TEXTUAL]) as terminal:
        terminal.until_written(b"unicorns", timeout=PATIENCE)
        return time.perf_counter() - begun


def seconds_of(*command: str) -> float:
    """Wall time of a command."""
    begun = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


def echoes(explorer: Explorer) -> list[float]:
    """Milliseconds from each key to its letter on the terminal; the cursor is in the prompt editor."""
    explorer.look_away()
    times = []
    due = time.perf_counter()
    for number in range(KEYS):
        time.sleep(max(0.0, due - time.perf_counter()))  # a typist's pace, not a wait for anything
        due += 1 / PER_SECOND
        letter = _LETTERS[number % len(_LETTERS)] if number % 8 else " "
        mark, sent = explorer.mark(), time.perf_counter()
        explorer.send(letter)
        explorer.until_written(letter.encode(), mark)
        times.append((time.perf_counter() - sent) * 1000)
    return times


def while_loading(folder: Path) -> list[float]:
    """Echo from the first picture on."""
    with Explorer(folder) as explorer:
        explorer.until("unicorns")
        explorer.send("e")
        explorer.until(lambda screen: "submit the prompt" in screen)
        return echoes(explorer)


def while_running(folder: Path) -> list[float]:
    """Echo while the model draws token after token."""
    with Explorer(folder, "--max-new-tokens", "900") as explorer:
        home = after(explorer.open().screen())
        explorer.send("r")
        explorer.until(lambda screen: after(screen) > home)
        explorer.send("e")
        explorer.until(lambda screen: "submit the prompt" in screen)
        return echoes(explorer)


def figures(folder: Path) -> Iterator[Figure]:
    """Every figure of a start, with its bar."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or every start compiles everything again
    first_paint(folder)  # warms the caches
    textual_alone()
    pairs = [(first_paint(folder), textual_alone()) for _ in range(ROUNDS)]
    yield Figure("first paint, median of 7", median([ours for ours, _ in pairs]), 0.5, "s")
    yield Figure(
        "first paint over textual's own, median of 7", median([ours - alone for ours, alone in pairs]), 0.2, "s"
    )
    shown = median([seconds_of(*COMMAND, "--help") for _ in range(ROUNDS)])
    bare = median([seconds_of(sys.executable, "-c", "pass") for _ in range(ROUNDS)])
    yield Figure("--help over a bare interpreter, median of 7", shown - bare, 0.15, "s")
    for when, measure in (("loads", while_loading), ("runs", while_running)):
        times = measure(folder)
        yield Figure(f"key echo while the model {when}, p50 of {KEYS}", median(times), 50, "ms")
        yield Figure(f"key echo while the model {when}, p95 of {KEYS}", p95(times), 50, "ms")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        show(figures(Path(scratch)))
