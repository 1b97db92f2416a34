"""An app with one widget, which records the widget's messages."""

from collections.abc import Sequence
from contextlib import asynccontextmanager

from textual import on
from textual.app import App
from textual.message import Message
from textual.widget import Widget

from tui.core.settings import resolve
from tui.themes import variable_defaults

LIBRARY = {
    "repetition_penalty": 1.0,
    "no_repeat_ngram_size": 0,
    "temperature": 1.0,
    "top_k": 50,
    "top_p": 1.0,
    "typical_p": 1.0,
    "epsilon_cutoff": 0.0,
    "eta_cutoff": 0.0,
}
"""Transformers' defaults."""


def in_force(given=None, model=None):
    """The settings as the engine resolves them."""
    return resolve(given or {}, model or {}, LIBRARY)


class Bare(App):
    """An app that has samplescope's colours only."""

    def __init__(self, widgets: Sequence[Widget]):
        super().__init__()
        self.widgets = widgets
        self.heard = []

    def get_theme_variable_defaults(self):
        return variable_defaults(self.current_theme)

    def compose(self):
        yield from self.widgets

    @on(Message)
    def _hear(self, message):
        if type(message).__module__.startswith("tui."):
            self.heard.append(message)


@asynccontextmanager
async def alone(*widgets, size=(80, 24)):
    """Run an app with these widgets; gives the pilot."""
    async with Bare(widgets).run_test(size=size) as pilot:
        yield pilot


def lines(app):
    """The screen as text; the compositor's strips are Textual's own, and stable."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


def styles_at(widget, text):
    """The style of the first cell of `text` where the widget draws it."""
    for y in range(widget.size.height):
        x, strip = 0, widget.render_line(y)
        at = strip.text.find(text)
        for segment in strip:
            if at >= 0 and x <= at < x + len(segment.text):
                return segment.style
            x += len(segment.text)
    raise AssertionError(f"{text!r} is not drawn")
