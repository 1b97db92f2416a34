"""The plot pane: posts a message when it needs other points, and draws the reply in the theme's colours."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.protocol import PlotRequest, Viewed
from tui.widgets.placeholder import centred
from tui.widgets.plots import PLOTS
from tui.widgets.plots.plot import COLOURS, Move, Plot, Run

PLACEHOLDER = "No plot yet: submit a prompt."
LEAST = Size(16, 4)
"""Smallest size in cells at which a plot is drawn."""
BORDER = 4
"""Cells of the border's line that its text cannot have."""
_CSS = "\n".join(
    ["PlotPane { border-title-color: $quiet; }"]
    + [f"PlotPane > .plot--{colour} {{ color: ${colour}; }}" for colour in COLOURS]
)


class PlotPane(Widget, can_focus=True):
    """Draws one plot of `viewed`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move('in')", "Zoom in", show=False),
        Binding("down,j", "move('out')", "Zoom out", show=False),
        Binding("shift+left,pageup", "move('left')", "Pan left", show=False),
        Binding("shift+right,pagedown", "move('right')", "Pan right", show=False),
        Binding("home", "move('whole')", "Show all", show=False),
        Binding("minus", "move('view')", "Next view", show=False),
    ]
    DEFAULT_CSS = _CSS
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"plot--{colour}" for colour in COLOURS}

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

    @property
    def text(self) -> list[str]:
        """The plot as plain lines; empty if none is drawn."""
        drawn = self.viewed is not None and self._answers(self.viewed) and self.size
        return ["".join(text for _, text in line) for line in self._lines()] if drawn else []

    def next_plot(self) -> None:
        """Show the next plot of the list, or the first after the last."""
        at = next(at for at, plot in enumerate(PLOTS) if plot.id == self.plot.id)
        self._show(PLOTS[(at + 1) % len(PLOTS)])

    def action_move(self, move: Move) -> None:
        """Zoom, pan, or show the plot's next view."""
        if self.viewed is not None and (moved := self.plot.moved(move, self.viewed)) != self.plot:
            self._show(moved)

    def _show(self, plot: Plot) -> None:
        self.plot = plot
        self._show_legend()
        self._ask()
        self.refresh()

    def _on_resize(self) -> None:
        self._ask()
        self._show_legend()

    def _on_hide(self, event: events.Hide) -> None:
        """Ask again when shown: replies for a hidden pane hold no plot."""
        self._asked = None

    def _on_show(self, event: events.Show) -> None:
        self._ask()

    def _ask(self) -> None:
        self._strips = []
        if self.size.width and self.request != self._asked:
            self._asked = self.request
            self.post_message(self.RequestChanged(self))

    def watch_viewed(self, viewed: Viewed | None) -> None:
        """Redraw, and show the legend in the border."""
        self._strips = []
        self._show_legend()

    def _show_legend(self) -> None:
        """Show the legend below, or behind the title where there is no lower border."""
        viewed, boxed, title = self.viewed, bool(self.styles.border_bottom[0]), self.plot.title
        width = self.size.width - (BORDER if boxed else len(title) + BORDER)
        answered = viewed is not None and self._answers(viewed)
        legend = self.plot.legend(viewed, width) if viewed is not None and answered else Content("")
        self.border_title = title if boxed or not legend.plain else Content.assemble(f"{title} · ", legend)
        self.border_subtitle = legend if boxed else None

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
            styles = {name: ground + self.get_component_rich_style(f"plot--{name}", partial=True) for name in COLOURS}
            self._strips = [Strip([Segment(text, styles[name]) for name, text in line]) for line in self._lines()]
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)

    def _lines(self) -> list[list[Run]]:
        """The plot's lines as runs, or the placeholder; empty while its reply is awaited, or below `LEAST`."""
        viewed, (width, height) = self.viewed, self.size
        if viewed is None:
            return [[("quiet", line)] for line in centred(self.placeholder, width, height)]
        if not self._answers(viewed):
            return [[]]
        return self.plot.draw(viewed, self.size) if width >= LEAST.width and height >= LEAST.height else [[]]
