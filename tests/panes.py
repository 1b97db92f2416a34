"""Runs one pane in an app, and reads its screen."""

from __future__ import annotations

from textual import on
from textual.app import App
from textual.message import Message
from textual.widget import Widget

from tui.themes import load_themes, variable_defaults
from tui.widgets import candidate_messages
from tui.widgets.plots.pane import PlotPane


class Pane(App):
    """An app with one widget on the whole screen, which records the widget's messages."""

    def __init__(self, widget: Widget, theme: str = "samplescope-dark") -> None:
        super().__init__()
        self.pane, self._theme_name = widget, theme
        self.sent: list[Message] = []

    def get_theme_variable_defaults(self):
        return variable_defaults(self.current_theme)

    def compose(self):
        yield self.pane

    def on_mount(self):
        for theme in load_themes()[0]:
            self.register_theme(theme)
        self.theme = self._theme_name
        self.pane.focus()

    @on(candidate_messages.Wanted)
    @on(candidate_messages.Take)
    @on(candidate_messages.Highlighted)
    @on(PlotPane.RequestChanged)
    @on(PlotPane.Revealed)
    def _keep(self, message: Message) -> None:
        self.sent.append(message)

    def of(self, kind: type[Message]) -> list[Message]:
        return [message for message in self.sent if isinstance(message, kind)]

    def lines(self) -> list[str]:
        """The screen as text."""
        return [strip.text for strip in self.screen._compositor.render_strips()]

    def styles_of(self, y: int) -> list[tuple[str, object]]:
        """One line of the screen as (text, Rich style)."""
        return [(segment.text, segment.style) for segment in self.screen._compositor.render_strips()[y]]
