"""What a plot is: what it asks the engine for, and how the answer is drawn."""

from __future__ import annotations

from typing import Literal, Protocol, get_args

from textual.content import Content
from textual.geometry import Size

from tui.protocol import PlotRequest, Viewed

Colour = Literal["live", "raw", "cut", "bar", "removed", "quiet"]
"""Theme variables that plots are drawn in."""
COLOURS: tuple[Colour, ...] = get_args(Colour)
Run = tuple[Colour, str]
"""Some cells of a line that are of one colour."""


class Plot(Protocol):
    """One way to look at a step."""

    id: str
    """The engine's name for what it shows."""
    title: str
    help: str
    """Markdown: what its lines and marks mean."""

    def request(self, size: Size) -> PlotRequest:
        """What to ask for at this size of the pane: as many points as can be seen."""

    def legend(self, viewed: Viewed) -> Content:
        """Which line is which, in theme colours."""

    def draw(self, viewed: Viewed, size: Size) -> list[list[Run]]:
        """The picture, line by line, in exactly this size. `viewed.plot` is this plot's answer."""
