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
from tui.widgets import candidate_messages
from tui.widgets.candidate_window import CandidateWindow
from tui.widgets.placeholder import centred
from tui.widgets.plots import PLOTS
from tui.widgets.plots.cursor import Pointing
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

    # The arrows alone stay the screen's: a plot is watched while one goes back and forward in the text.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move('in')", "Zoom in", show=False),
        Binding("down,j", "move('out')", "Zoom out", show=False),
        Binding("shift+left,pageup", "move('left')", "Pan left", show=False),
        Binding("shift+right,pagedown", "move('right')", "Pan right", show=False),
        Binding("home", "move('whole')", "Show all", show=False),
        Binding("minus", "move('view')", "Next view", show=False),
        Binding("ctrl+left,left_curly_bracket", "point(-1)", "Cursor left", show=False),
        Binding("ctrl+right,right_curly_bracket", "point(1)", "Cursor right", show=False),
        Binding("escape", "point(0)", "No cursor", show=False),
        Binding("enter", "reveal", "Show in the list", show=False),
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

    class Revealed(Message):
        """The person wants to see the candidate of this rank in the list."""

        def __init__(self, rank: int) -> None:
            super().__init__()
            self.rank = rank

    def __init__(self, plot: Plot = PLOTS[0], *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.auto_links = False
        self.plot = plot
        self.border_title = plot.title
        self._asked: PlotRequest | None = None
        self._strips: list[Strip] = []
        self._candidates = CandidateWindow()

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

    def action_point(self, by: int) -> None:
        """Move the cursor so many places to the right; with 0 take it away."""
        if self.viewed is not None and self._answers(self.viewed) and isinstance(self.plot, Pointing):
            self._show(self.plot.point(by, self.viewed, self.size))

    def action_reveal(self) -> None:
        """Ask that the list shows the candidate under the cursor."""
        if rank := self._rank:
            self.post_message(self.Revealed(rank))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a cursor the keys that are about it alone are left to the screen."""
        return self._pointing is not None if action == "reveal" or (action, parameters) == ("point", (0,)) else True

    def add_candidates(self, viewed: Viewed) -> None:
        """Name the candidate under the cursor, unless the reply is about another node or other settings."""
        if self._candidates.accepts(viewed):
            self._candidates.add(viewed.candidates, around=self._rank)
            self._show_legend()

    @property
    def _pointing(self) -> Pointing | None:
        """The plot, if there is a cursor on it and its numbers are there."""
        answered = self.viewed is not None and self._answers(self.viewed)
        return self.plot if answered and isinstance(self.plot, Pointing) and self.plot.points else None

    @property
    def _rank(self) -> int:
        """The rank of the candidate under the cursor; 0 if there is none."""
        pointing = self._pointing
        return pointing.rank(self.viewed) if pointing is not None and self.viewed is not None else 0

    def _show(self, plot: Plot) -> None:
        self.plot = plot
        self._show_legend()
        self._ask()
        self.refresh()
        self._ask_name()

    def _ask_name(self) -> None:
        """Ask for the candidate under the cursor if it is not known."""
        if (rank := self._rank) and self._candidates[rank] is None:
            self.post_message(candidate_messages.Wanted(self, rank - 1, 1))

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
        self._candidates.start(viewed)
        self._show_legend()
        self._ask_name()

    def _show_legend(self) -> None:
        """Show the legend below, or behind the title where there is no lower border.

        What is read under a cursor takes the legend's place, and there the title's too.
        """
        viewed, boxed, pointing = self.viewed, bool(self.styles.border_bottom[0]), self._pointing
        title = Content("" if pointing and not boxed else self.plot.title)
        width = self.size.width - (BORDER if boxed else len(title) + BORDER)
        legend = Content("")
        if viewed is not None and self._answers(viewed):
            read = pointing and pointing.reading(viewed, self._candidates[self._rank], width)
            legend = read or self.plot.legend(viewed, width)
        above = [part for part in ([title] if boxed else [title, legend]) if part]
        self.border_title = Content(" · ").join(above)
        self.border_subtitle = legend if boxed else None

    def _answers(self, viewed: Viewed) -> bool:
        plot, request = viewed.plot, self.request
        return plot is not None and (plot.id, plot.post) == (request.id, request.post)

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
