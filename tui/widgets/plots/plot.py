"""The interface of a plot: its request to the engine, and the drawing of the reply."""

from __future__ import annotations

from typing import Literal, Protocol

from textual.content import Content
from textual.geometry import Size

from tui.protocol import PlotRequest, Viewed

Part = Literal["tempered", "raw", "cut", "alone", "axis"]
"""The part of a plot that a cell belongs to, which decides its colour."""
PARTS: tuple[Part, ...] = ("tempered", "raw", "cut", "alone", "axis")
Run = tuple[Part, str]
"""(part, text): consecutive cells of one part."""


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
