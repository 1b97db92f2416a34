"""The plot pane: posts a message when it needs other points, and draws the reply in the theme's colours."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.protocol import PlotRequest, Viewed
from tui.widgets.placeholder import centred
from tui.widgets.plots import PLOTS
from tui.widgets.plots.plot import PARTS, Plot, Run

PLACEHOLDER = "No curve yet: submit a prompt."
LEAST = Size(16, 4)
"""Smallest size in cells at which a plot is drawn."""
_CSS = """
PlotPane {
    border-title-color: $quiet;
    & > .plot--tempered { color: $live; }
    & > .plot--raw { color: $raw; }
    & > .plot--cut { color: $cut; }
    & > .plot--alone { color: $bar; }
    & > .plot--axis { color: $quiet; }
}
"""


class PlotPane(Widget):
    """Draws one plot of `viewed`."""

    DEFAULT_CSS = _CSS
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"plot--{part}" for part in PARTS}

    viewed: reactive[Viewed | None] = reactive(None)
    """The newest view; another plot's series in it are not drawn."""
    placeholder: reactive[str] = reactive(PLACEHOLDER)
    """Text of the empty pane: why it is empty, and which key to press."""

    class RequestChanged(Message):
        """The pane's plot request has changed, with its width: ask the engine for other points."""

        def __init__(self, pane: PlotPane) -> None:
            super().__init__()
            self.pane = pane

        @property
        def control(self) -> PlotPane:
            """The pane that posted the message."""
            return self.pane

        def can_replace(self, message: Message) -> bool:
            """True for an older message of the same pane."""
            return isinstance(message, PlotPane.RequestChanged) and message.pane is self.pane

    def __init__(self, plot: Plot = PLOTS[0], *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.auto_links = False
        self.plot = plot
        self.border_title = plot.title
        self._asked: PlotRequest | None = None
        self._strips: list[Strip] = []

    @property
    def request(self) -> PlotRequest:
        """The request for the points that the pane needs at its size."""
        return self.plot.request(self.size)

    def _on_resize(self) -> None:
        self._strips = []
        if self.size.width and self.request != self._asked:
            self._asked = self.request
            self.post_message(self.RequestChanged(self))

    def watch_viewed(self, viewed: Viewed | None) -> None:
        """Redraw, and show the legend in the border."""
        self._strips = []
        self.border_subtitle = self.plot.legend(viewed) if viewed is not None and self._answers(viewed) else None

    def _answers(self, viewed: Viewed) -> bool:
        return viewed.plot is not None and viewed.plot.id == self.plot.id

    def watch_placeholder(self) -> None:
        """Redraw."""
        self._strips = []

    def notify_style_update(self) -> None:
        """Redraw: the cached strips hold the old theme's colours."""
        super().notify_style_update()
        self._strips = []

    def render_line(self, y: int) -> Strip:
        """One line of the plot. All lines are drawn at once and cached as strips: twice as fast as Rich text."""
        if not self._strips:
            ground = self.rich_style
            styles = {part: ground + self.get_component_rich_style(f"plot--{part}", partial=True) for part in PARTS}
            self._strips = [Strip([Segment(text, styles[part]) for part, text in line]) for line in self._lines()]
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)

    def _lines(self) -> list[list[Run]]:
        """The plot's lines as runs, or the placeholder; placeholder below the size `LEAST`."""
        viewed, (width, height) = self.viewed, self.size
        if viewed is None or not self._answers(viewed):
            return [[("axis", line)] for line in centred(self.placeholder, width, height)]
        return self.plot.draw(viewed, self.size) if width >= LEAST.width and height >= LEAST.height else [[]]
