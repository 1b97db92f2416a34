"""The plot pane: posts a message when it needs other points, and draws the reply in the theme's colours."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.core.story import ROOT, Node
from tui.protocol import PlotRequest, Viewed
from tui.widgets.placeholder import centred
from tui.widgets.plots import PLOTS
from tui.widgets.plots.plot import COLOURS, Move, Plot, Run, Shown

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
    """Draws one plot of what is shown: of `viewed`, or along `path`."""

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
    path: reactive[tuple[Node, ...]] = reactive[tuple[Node, ...]]((), repaint=False)
    """The branch on screen; only a plot along the text is drawn again when it changes."""
    cursor: reactive[int] = reactive(ROOT, repaint=False)
    """Id of the node after which the cursor stands."""
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

    def __init__(self, plot: Plot[Any] = PLOTS[0], *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.auto_links = False
        self.plot = plot
        self.border_title = plot.title
        self._asked: PlotRequest | None = None
        self._strips: list[Strip] = []

    @property
    def request(self) -> PlotRequest | None:
        """The request for the points that the pane needs at its size; None for a plot along the text."""
        return self.plot.request(self.size)

    @property
    def _data(self) -> Any:
        """What the plot is drawn from; None while that is not there."""
        return self.plot.data(Shown(self.viewed, self.path, self.cursor))

    @property
    def text(self) -> list[str]:
        """The plot as plain lines; empty if none is drawn."""
        drawn = self._data is not None and self.size
        return ["".join(text for _, text in line) for line in self._lines()] if drawn else []

    def next_plot(self) -> None:
        """Show the next plot of the list, or the first after the last."""
        at = next(at for at, plot in enumerate(PLOTS) if plot.id == self.plot.id)
        self._show(PLOTS[(at + 1) % len(PLOTS)])

    def action_move(self, move: Move) -> None:
        """Zoom, pan, or show the plot's next view."""
        if (data := self._data) is not None and (moved := self.plot.moved(move, data)) != self.plot:
            self._show(moved)

    def _show(self, plot: Plot[Any]) -> None:
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
            if self.request is not None:
                self.post_message(self.RequestChanged(self))

    def watch_viewed(self, viewed: Viewed | None) -> None:
        """Redraw, and show the legend in the border."""
        self._strips = []
        self._show_legend()

    def watch_path(self) -> None:
        """Redraw a plot along the text."""
        if self.request is None:
            self._strips = []
            self._show_legend()
            self.refresh()

    watch_cursor = watch_path

    def _show_legend(self) -> None:
        """Show the legend below, or behind the title where there is no lower border."""
        data, boxed, title = self._data, bool(self.styles.border_bottom[0]), self.plot.title
        width = self.size.width - (BORDER if boxed else len(title) + BORDER)
        legend = self.plot.legend(data, width) if data is not None else Content("")
        self.border_title = title if boxed or not legend.plain else Content.assemble(f"{title} · ", legend)
        self.border_subtitle = legend if boxed else None

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
        data, (width, height) = self._data, self.size
        if data is None and self.viewed is None:
            return [[("quiet", line)] for line in centred(self.placeholder, width, height)]
        room = width >= LEAST.width and height >= LEAST.height
        return self.plot.draw(data, self.size) if data is not None and room else [[]]
