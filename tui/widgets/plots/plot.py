"""The interface of a plot: its request to the engine, and the drawing of the reply."""

from __future__ import annotations

from typing import Literal, Protocol, get_args

from textual.content import Content
from textual.geometry import Size

from tui.protocol import PlotRequest, Viewed

Colour = Literal["live", "raw", "cut", "bar", "removed", "quiet"]
"""The theme variables that plots are drawn in."""
COLOURS: tuple[Colour, ...] = get_args(Colour)
Run = tuple[Colour, str]
"""(colour, text): consecutive cells of one colour."""


class Plot(Protocol):
    """One kind of plot of a view."""

    id: str
    """Name of the plot in requests and replies."""
    title: str
    help: str
    """The meaning of lines and marks, as Markdown."""

    def request(self, size: Size) -> PlotRequest:
        """The request for a pane of this size: as many points as are visible."""

    def legend(self, viewed: Viewed) -> Content:
        """The names of the lines, in theme colours."""

    def draw(self, viewed: Viewed, size: Size) -> list[list[Run]]:
        """Draw the plot line by line in exactly this size; `viewed.plot` holds this plot's series."""
