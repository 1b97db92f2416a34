"""The pane of a scatter plot: draws it in the theme's colours; a click chooses the nearest point."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.placeholder import centred
from tui.widgets.plots.pane import LEAST
from tui.widgets.plots.plot import COLOURS, Run
from tui.widgets.plots.scatter import Scatter


class ScatterPane(Widget):
    """Draws one scatter plot, or without points a placeholder."""

    DEFAULT_CSS = "\n".join(f"ScatterPane > .plot--{colour} {{ color: ${colour}; }}" for colour in COLOURS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"plot--{colour}" for colour in COLOURS}

    scatter: reactive[Scatter | None] = reactive[Scatter | None](None)
    above: reactive[str] = reactive("")
    """What is said of the chosen point, at the top right."""
    placeholder: reactive[str] = reactive("")

    class Chosen(Message):
        """The person has clicked on, or near, the point of this number."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.auto_links = False
        self._strips: list[Strip] = []

    def watch_scatter(self) -> None:
        """Draw anew."""
        self._strips = []

    watch_above = watch_placeholder = watch_scatter

    def _on_resize(self) -> None:
        self._strips = []
        self.refresh()  # a frame of the old strips may have been drawn before the event came

    def notify_style_update(self) -> None:
        """Draw anew: the strips hold the old theme's colours."""
        super().notify_style_update()
        self._strips = []

    def render_line(self, y: int) -> Strip:
        """One line of the plot."""
        if not self._strips:
            ground = self.rich_style
            styles = {name: ground + self.get_component_rich_style(f"plot--{name}", partial=True) for name in COLOURS}
            self._strips = [Strip([Segment(text, styles[name]) for name, text in line]) for line in self._lines()]
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)

    def _lines(self) -> list[list[Run]]:
        scatter, (width, height) = self.scatter, self.size
        if width < LEAST.width or height < LEAST.height:
            return [[]]
        if scatter is None or not scatter.drawn:
            return [[("quiet", line)] for line in centred(self.placeholder, width, height)] or [[]]
        return scatter.draw(self.size, self.above)

    def on_click(self, event: events.Click) -> None:
        """Choose the point nearest to the click."""
        number = None if self.scatter is None else self.scatter.nearest(event.x, event.y, self.size)
        if number is not None:
            self.post_message(self.Chosen(number))
