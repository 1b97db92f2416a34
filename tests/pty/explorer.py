"""The real explorer on a terminal; reads the cursor, the candidates and the engine's process from it."""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.patience import PATIENCE
from tests.ptyrun import Terminal

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-P", "-m", "tui")
READY = re.compile(r"Candidates for token (\d+)(?: of the prompt)? · ")

_ROW = re.compile(r"\s*([\d,]+) [▸•§ ]*(\S+)\s+(\d+)\s")


def surroundings(folder: Path) -> dict[str, str]:
    """An environment in which no file of the person's is read or written, and nothing is downloaded."""
    folders = {name: str(folder / name) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")}
    return {**folders, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}


class Explorer(Terminal):
    """`samplescope` started in `folder`, with methods that read its panes."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        size: tuple[int, int] = (120, 40),
        within: Sequence[str] = (),
        **env: str | None,
    ) -> None:
        """`within`: a command, such as a shell, that runs the rest of the command line."""
        self.folder = folder
        super().__init__([*within, *COMMAND, *options], size=size, cwd=folder, env={**surroundings(folder), **env})

    def open(self) -> Explorer:
        """Wait until the model is open and candidates are shown."""
        self.until(lambda screen: bool(READY.search(screen)) and 1 in listed(screen))
        return self

    def press(self, keys: str, seen: str) -> str:
        """Type keys, and wait until a text that was not on the screen before appears."""
        assert seen not in self.screen()
        self.send(keys)
        return self.until(seen)

    def until_at(self, position: int, best: str = "") -> str:
        """Wait until the cursor stands after this token and `best` is the best candidate."""
        return self.until(
            lambda screen: after(screen) == position and (not best or listed(screen).get(1, ("", 0))[0] == best)
        )

    def go_back_to(self, position: int) -> None:
        """Go back to a token, one key press after the other, each after the previous one's effect."""
        while (now := after(self.screen())) > position:
            self.send("h")
            self.until_at(now - 1)

    @property
    def engine(self) -> int:
        """The engine's process id."""
        (child,) = children(self.process.pid)
        return child

    def until_engine(self) -> int:
        """Wait until the program has one child process, the engine; its process id."""
        self.until(lambda screen: len(children(self.process.pid)) == 1)
        return self.engine


def after(screen: str) -> int:
    """The number of the token after which the cursor stands; -1 if there is none."""
    found = READY.search(screen)
    return int(found[1]) - 1 if found else -1


def seed(screen: str) -> int:
    """The seed on screen."""
    found = re.search(r"seed (\d+)", screen)
    assert found
    return int(found[1])


def listed(screen: str) -> dict[int, tuple[str, int]]:
    """The candidates on screen: rank → (token as shown, id)."""
    lines = screen.split("\n")
    top = next((number for number, line in enumerate(lines) if READY.search(line)), None)
    if top is None:
        return {}
    pane = lines[top].index("─ Cand") + 1 if "─ Cand" in lines[top] else 0
    found: dict[int, tuple[str, int]] = {}
    for line in lines[top + 1 :]:
        if "Cumulative" in line:
            break
        if row := _ROW.match(line[pane:].lstrip("│")):
            found.setdefault(int(row[1].replace(",", "")), (row[2], int(row[3])))
    return found


def children(pid: int) -> list[int]:
    """The running child processes of a process."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def maps(pid: int) -> str:
    """The files that a process has mapped."""
    return Path(f"/proc/{pid}/maps").read_text()


def ends(pid: int) -> bool:
    """Wait until a process has ended; False if it does not end in time."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], PATIENCE)[0])
    finally:
        os.close(handle)
