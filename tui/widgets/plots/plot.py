"""The interface of a plot: its request to the engine, and the drawing of the reply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol, TypeVar, get_args

from textual.content import Content
from textual.geometry import Size

from tui.core.story import ROOT, Node
from tui.protocol import PlotRequest, Viewed

Move = Literal["in", "out", "left", "right", "whole", "view"]
"""What a key does to the plot that has the focus: zoom, pan, show all, show the next of its views."""
Colour = Literal["live", "raw", "cut", "bar", "removed", "quiet", "foreground"]
"""The theme variables that plots are drawn in."""
COLOURS: tuple[Colour, ...] = get_args(Colour)
Run = tuple[Colour, str]
"""(colour, text): consecutive cells of one colour."""


def fitting(parts: Sequence[Content], width: int) -> Content:
    """The first of these parts side by side, as many as fit into `width` cells."""
    line = Content("")
    for part in parts:
        longer = Content.assemble(line, "  ", part) if line else part
        if longer.cell_length > width:
            break
        line = longer
    return line


class Shown(NamedTuple):
    """All that a plot may be of: the view on screen, and the text with the cursor in it."""

    viewed: Viewed | None = None
    path: tuple[Node, ...] = ()
    """The branch, from the first prompt token to its end."""
    cursor: int = ROOT
    """Id of the node after which the cursor stands."""


def answered(shown: Shown, plot: str) -> Viewed | None:
    """The view on screen if it holds the series of the plot with this id, else None."""
    viewed = shown.viewed
    return viewed if viewed is not None and viewed.plot is not None and viewed.plot.id == plot else None


Data = TypeVar("Data")
"""What a plot is drawn from: a `Viewed` with its series, or, for a plot along the text, a `Shown`."""


class Plot(Protocol[Data]):
    """One kind of plot, of a step or along the text. A value: what zooms or pans it makes another one."""

    @property
    def id(self) -> str:
        """Name of the plot in requests and replies."""

    @property
    def title(self) -> str:
        """Title in the pane's border; it names the view, if that is not the first."""

    @property
    def help(self) -> str:
        """The meaning of lines, marks and keys, as Markdown."""

    def request(self, size: Size) -> PlotRequest | None:
        """The request for a pane of this size: as many points as are visible. None if the engine need not be asked."""

    def data(self, shown: Shown) -> Data | None:
        """What the other methods take; None while it is not there."""

    def moved(self, move: Move, data: Data, /) -> Plot[Data]:
        """The plot after a key; the plot itself, where the key means nothing to it."""

    def legend(self, data: Data, width: int, /) -> Content:
        """The names of lines and marks, in theme colours: as many as fit into `width` cells."""

    def draw(self, data: Data, size: Size, /) -> list[list[Run]]:
        """Draw the plot line by line in exactly this size."""
