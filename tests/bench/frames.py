"""A key on a slider to the last byte of its painted frame, on a terminal: `python -m tests.bench.frames`.

Beside it, in the same run, the frame of a textual app that has one line of text and changes it at a key: what no
program on textual goes below. 120×40, truecolor, over SSH as the program sees it.
"""

from __future__ import annotations

import shlex
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.report import Figure, median, p95, show
from tests.bench.sliders import BARS
from tests.patience import PATIENCE
from tests.pty.explorer import READY, Explorer
from tests.ptyrun import Terminal

MOVES = 60
QUIET = 0.12
"""Seconds without a byte after which a frame counts as the last one of its key."""
LEFT, RIGHT, DOWN = "\x1b[D", "\x1b[C", "\x1b[B"
_BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    BINDINGS = [("n", "next", "")]
    count = 0
    def compose(self):
        yield Static("herd of unicorns 0")
    def action_next(self):
        self.count += 1
        self.query_one(Static).update(f"herd of unicorns {self.count}")

Bare().run()
"""


def painted(terminal: Terminal, key: str) -> float:
    """Milliseconds from a key to the last byte that it makes the program write."""
    with terminal._changed:
        length = len(terminal.raw)
    begun = last = time.perf_counter()
    terminal.send(key)
    with terminal._changed:
        while time.perf_counter() < last + QUIET or (last == begun and time.perf_counter() < begun + PATIENCE):
            terminal._changed.wait(QUIET / 4)
            if len(terminal.raw) != length:
                length, last = len(terminal.raw), time.perf_counter()
    return (last - begun) * 1000


def bare(folder: Path) -> list[float]:
    """The frames of the app with one line."""
    with Terminal([sys.executable, "-c", _BARE], env={"SSH_CONNECTION": "1 2 3 4"}, cwd=folder) as terminal:
        terminal.until("unicorns 0")
        terminal.look_away()
        return [painted(terminal, "n") for _ in range(MOVES)]


def moves(folder: Path, width: int, down: int) -> list[float]:
    """The frames of a slider, `down` rows below the first, at a vocabulary of `width` tokens."""
    engine = shlex.join([sys.executable, "-m", "tests.bench.wide_model", str(width), "float32", "idle"])
    with Explorer(folder, "--engine", engine, SSH_CONNECTION="1 2 3 4") as explorer:
        explorer.until(lambda screen: bool(READY.search(screen)) and "final %" in screen)
        explorer.send("," + DOWN * down)
        explorer.until_quiet(1.0)
        explorer.look_away()
        return [painted(explorer, key) for key in _there_and_back(MOVES)]


def _there_and_back(count: int) -> Sequence[str]:
    return [LEFT] * (count // 2) + [RIGHT] * (count - count // 2)


def figures() -> Iterator[Figure]:
    """Every figure."""
    with tempfile.TemporaryDirectory() as scratch:
        alone = bare(Path(scratch))
        yield Figure("a textual app of one line: median", median(alone), 33, "ms")
        yield Figure("a textual app of one line: p95", p95(alone), 33, "ms")
        for width, bar in BARS.items():
            for down, name in enumerate(("temperature", "top_k", "top_p")):
                times = moves(Path(scratch), width, down)
                yield Figure(f"{name:<12} V {width:>7,} float32 idle: median", median(times), bar, "ms")
                yield Figure(f"{name:<12} V {width:>7,} float32 idle: p95", p95(times), bar, "ms")


if __name__ == "__main__":
    show(figures())
