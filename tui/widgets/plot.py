"""How probability adds up down the ranking, before and after temperature, and where the cuts stand in it."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.protocol import Axis, Viewed
from tui.widgets.cuts import cut_marks
from tui.widgets.empty import centred
from tui.widgets.numbers import percent
from tui.widgets.plot_figure import Figure, Run, canvas_width, draw

NOTHING = "No curve yet: submit a prompt."
POINTS_A_COLUMN = 2
"""More cost time and show nothing: a braille cell is two dots wide."""

HELP = """\
# Cumulative probability

How much probability the best candidates hold together, by rank on a logarithmic axis.

- `━` the curve after penalties and temperature, `┈` the model's own (raw); one curve where they are the same
- `│` a cut, at the last rank it leaves; `┊` where the same cut would stand if it were the only one
- `╌` top-p's threshold: p times the probability that the cuts before it left
- `20 told` where the curves end, because a server tells no more; the rest is *unseen*. Where temperature makes the
  whole uncertain, the curve is the least that it may be
"""
_CSS = """
CumulativePlot {
    border-title-color: $quiet;
    & > .plot--tempered { color: $live; }
    & > .plot--raw { color: $raw; }
    & > .plot--cut { color: $cut; }
    & > .plot--alone { color: $bar; }
    & > .plot--axis { color: $quiet; }
}
"""
_PARTS = ("tempered", "raw", "cut", "alone", "axis")


class CumulativePlot(Widget):
    """The cumulative curves of `viewed`, drawn afresh with plotext each time in the theme's own colours."""

    HELP = HELP
    DEFAULT_CSS = _CSS
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"plot--{part}" for part in _PARTS}

    viewed: reactive[Viewed | None] = reactive(None)
    """The newest view that has curves; one without leaves the plot as it is."""
    nothing: reactive[str] = reactive(NOTHING)
    """What to say, and which key to press, while there is nothing to show."""

    class AxisChanged(Message):
        """The pane's width changed, and with it the points worth asking for."""

        def __init__(self, plot: CumulativePlot, axis: Axis) -> None:
            super().__init__()
            self.plot, self.axis = plot, axis

        @property
        def control(self) -> CumulativePlot:
            """The plot."""
            return self.plot

        def can_replace(self, message: Message) -> bool:
            """Only the newest axis of a plot counts."""
            return isinstance(message, CumulativePlot.AxisChanged) and message.plot is self.plot

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.auto_links = False
        self.border_title = "Cumulative probability"
        self._axis: Axis | None = None
        self._strips: list[Strip] = []

    @property
    def axis(self) -> Axis:
        """What to ask the engine for: the whole ranking, in as many points as a braille line has dots."""
        return Axis(width=POINTS_A_COLUMN * max(10, canvas_width(self.size.width)))

    def _on_resize(self) -> None:
        self._strips = []
        if self.size.width and self.axis != self._axis:
            self._axis = self.axis
            self.post_message(self.AxisChanged(self, self._axis))

    def watch_viewed(self, viewed: Viewed | None) -> None:
        """Draw anew, and name the curves in the border."""
        self._strips = []
        self.border_subtitle = self._legend(viewed) if viewed and viewed.curves else None

    def watch_nothing(self) -> None:
        """Draw anew."""
        self._strips = []

    def _legend(self, viewed: Viewed) -> Content:
        """Which line is which; one name where both are the same."""
        same = viewed.curves is not None and viewed.curves.raw == viewed.curves.tempered
        tail = viewed.tail
        least = ", at least" if tail and not tail.tempered.exact else ""
        tempered = Content.styled("━ raw = tempered" if same else f"━ tempered{least}", "$live")
        both = tempered if same else Content.assemble(tempered, "  ", Content.styled("┈ raw", "$raw"))
        return Content.assemble(both, f"  unseen {percent(tail.mass)} %") if tail else both

    def notify_style_update(self) -> None:
        """Draw anew: the strips hold colours."""
        super().notify_style_update()
        self._strips = []

    def render_line(self, y: int) -> Strip:
        """One line of the picture, which is drawn once for all lines: as Rich's text each took as long again."""
        if not self._strips:
            ground = self.rich_style
            styles = {part: ground + self.get_component_rich_style(f"plot--{part}", partial=True) for part in _PARTS}
            self._strips = [Strip([Segment(text, styles[part]) for part, text in line]) for line in self._lines()]
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)

    def _lines(self) -> list[list[Run]]:
        """The figure in its parts, or a sentence where there is none."""
        viewed, (width, height) = self.viewed, self.size
        if viewed is None or viewed.curves is None:
            return [[("axis", line)] for line in centred(self.nothing, width, height)]
        if width < 16 or height < 4:
            return [[]]
        told = viewed.tail.told if viewed.tail else 0
        return draw(Figure(width, height, viewed.vocabulary, viewed.curves, cut_marks(viewed, viewed.rows), told))
