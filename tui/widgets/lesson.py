"""The lesson pane: a page of the guided tour, laid out at the pane's width, scrolled line by line."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.lessons.page import Line, Page

HELP = """\
# Lessons

What sampling does, in steps to see for yourself. Reading and turning change nothing, and the workbench stays live.
Setting a lesson up uses its settings, its plot and its place after the prompt, and is undone like any change. Then try
the one thing at the end of the page, and compare. The numbers are those of the built-in model after the unicorn prompt.
"""


class LessonPane(ScrollView, can_focus=True):
    """Draws `page`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"lesson--{part}" for part in ("title", "text", "label", "formula")}
    DEFAULT_CSS = """
    LessonPane {
        overflow: hidden auto; scrollbar-size-vertical: 1; scrollbar-gutter: stable;
        .lesson--title { text-style: bold; }
        .lesson--label { color: $live; text-style: bold; }
        .lesson--formula { color: $live; }
    }
    """
    HELP = HELP
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.do('use_lesson')", "set up", key_display="⏎", tooltip="Use the lesson's settings"),
    ]

    page: reactive[Page | None] = reactive[Page | None](None, init=False)
    """The lesson on screen, with its language and the person's keys."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.auto_links = False
        self._lines: list[Line] = []

    def watch_page(self) -> None:
        """Show the new page from its beginning."""
        self._lay_out()
        self.scroll_home(animate=False)

    def on_resize(self) -> None:
        """Lay the page out at the new width."""
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        self._lines = self.page.lines(width) if self.page is not None and width > 1 else []
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line: its label, if it begins with one, then its text."""
        width, number = self.scrollable_content_region.width, y + self.scroll_offset.y
        if number >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        line = self._lines[number]
        segments = [
            Segment(text, self._style(part))
            for part, text in (("label", line.text[: line.label]), (line.part, line.text[line.label :]))
            if text
        ]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _style(self, part: str) -> Style:
        return self.rich_style + self.get_component_rich_style(f"lesson--{part}", partial=True)
