"""What is on screen, as one immutable value, and what the explorer needs of whoever shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from tui.core.story import Node
from tui.explorer.requests import Window
from tui.explorer.state import State
from tui.protocol import Candidate, Opened, PlotRequest, Progress, Viewed


@dataclass(frozen=True, slots=True)
class Picture:
    """All that the workbench shows, but for what a pane keeps to itself. Never changed in place."""

    state: State = field(default_factory=State)
    branch: tuple[Node, ...] = ()
    """The path to the state's tip."""
    viewed: Viewed | None = None
    """The newest answer for the cursor's place; it may be a moment behind the settings."""
    placeholder: str = ""
    """Why there is no such answer."""
    unreachable: Mapping[int, str] = field(default_factory=dict)
    """Node of the branch → the stage that would remove its token now."""
    opened: Opened | None = None
    host: str = ""
    """The machine the engine runs on, unless it is this one."""
    progress: Progress | None = None
    """How far a load or a prompt is."""
    submitted: str = ""
    """The text last given to the model."""
    chat: bool = False
    """Prompts go through the model's chat template."""
    message: str = ""
    """The last thing said to the person, until what it was about has changed."""


class Timer(Protocol):
    """Something that is due later."""

    def stop(self) -> None:
        """Let it not happen."""


class Display(Protocol):
    """A screen, or in tests a list of pictures."""

    def show(self, old: Picture, new: Picture) -> None:
        """Put the new picture in the place of the old one."""

    def window(self) -> tuple[Window, PlotRequest | None]:
        """The candidates worth having now, and what the plot needs if it is in sight."""

    def reveal(self, candidate: Candidate) -> None:
        """Bring a candidate into sight and highlight it."""

    def alert(self, line: str) -> None:
        """Say something that must not be missed."""

    def later(self, seconds: float, act: Callable[[], None]) -> Timer:
        """Do something after a while."""

    def deliver(self, act: Callable[[], None]) -> None:
        """Do something on the display's own turn, after what was asked of it before."""

    def plain_terminal(self) -> AbstractContextManager[bool]:
        """Give the terminal away meanwhile; False where there is none to give."""
