"""The picture on screen as one immutable value, and the interface of the display that shows it."""

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
    """All that the workbench shows, except each pane's own scroll and highlight. Never changed in place."""

    state: State = field(default_factory=State)
    branch: tuple[Node, ...] = ()
    """The path to the state's tip."""
    viewed: Viewed | None = None
    """The newest `main` view at the cursor; it may be computed under settings a moment old."""
    placeholder: str = ""
    """Text of the candidate list and the plot while `viewed` is None."""
    unreachable: Mapping[int, str] = field(default_factory=dict)
    """Node of the branch → the stage that would remove its token now."""
    opened: Opened | None = None
    host: str = ""
    """The machine the engine runs on; '' for this one."""
    progress: Progress | None = None
    """How far the model or prompt under way is."""
    beside: str = ""
    """What the engine does beside, while nothing else is asked of it; '' for nothing."""
    submitted: str | None = ""
    """The prompt text given to the model and not refused; None if there is none."""
    chat: bool = False
    """True if prompts go through the model's chat template."""
    add_special_tokens: bool = True
    """Without the chat template: True if the tokenizer frames prompts, with BOS for example."""
    message: str = ""
    """The status line's last message; cleared when the cursor, settings or seed change."""


class Timer(Protocol):
    """A call scheduled by `Display.later`."""

    def stop(self) -> None:
        """Cancel the call."""


class Display(Protocol):
    """The explorer's output: the workbench screen, or in tests a list of pictures."""

    def show(self, old: Picture, new: Picture) -> None:
        """Replace the old picture by the new one."""

    def window(self) -> tuple[Window, PlotRequest | None]:
        """The ranks whose candidates are needed now, and the plot's request if the plot is visible."""

    def reveal(self, candidate: Candidate) -> None:
        """Scroll the list to a candidate and highlight it."""

    def alert(self, line: str) -> None:
        """Show an error line prominently."""

    def later(self, seconds: float, act: Callable[[], None]) -> Timer:
        """Call `act` after `seconds`."""

    def deliver(self, act: Callable[[], None]) -> None:
        """Call `act` on the display's own event loop turn, after the calls delivered before."""

    def plain_terminal(self) -> AbstractContextManager[bool]:
        """Leave the screen within the context, so that another program can use the terminal; False if impossible."""
