"""A branch of the story as running text: tokens coloured by surprisal, with the cursor between two of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive, var
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from tui.core.story import ROOT, How, Node
from tui.widgets.story_layout import Layout
from tui.widgets.story_looks import STORY_CSS, paler
from tui.widgets.story_selection import selected_text, spanned
from tui.widgets.story_spans import BEGINS, CHANGED, CHOSEN, NEWLINE, Glyph
from tui.widgets.surprise import STEPS, scale, surprisal_step

LEGEND: tuple[tuple[str, str], ...] = (
    (f"before {BEGINS}", "prompt"),
    (
        "■0 … ■9+",
        "generated, or in the prompt and scored: coloured by surprisal, −log2 of the raw probability. The number "
        "is the step's least, in bits: 1 bit one chance in two, 10 bits one in a thousand. Without colours: plain, "
        "from 2 bits underlined, from 6 twice",
    ),
    ("paler", "behind the cursor: the list and the model know nothing of it"),
    ("marked", "drawn or taken just now"),
    (CHOSEN, "taken by you, not drawn"),
    (CHANGED, "settings or seed changed here"),
    ("slanted", "a special token, such as the end of the text"),
    ("struck", "could not be drawn under the settings now on screen"),
    (NEWLINE, "a line break of the text's own; several with nothing between them share a line"),
    ("⟨E2⟩", "a byte that completes no character"),
    ("block", "the cursor: the list shows what may come there"),
)
"""(mark, meaning) of every mark, for the help."""

_AROUND_TITLE = 6
"""Cells of a border that a title leaves free: the corners, the line beside them, and a blank on either side."""


class StoryText(ScrollView, can_focus=True):
    """Draws a branch as lines of text. The screen sets branch and cursor; a click posts `Clicked`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "line(-1)", "Line up", show=False),
        Binding("down,j", "line(1)", "Line down", show=False),
    ]
    HELP = "# Text\n\n" + "\n".join(f"- *{mark}* {meaning}" for mark, meaning in LEGEND)

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "story--prompt",
        "story--special",
        "story--chosen",
        "story--mark",
        "story--newline",
        "story--later",
        "story--unreachable",
        "story--fresh",
        "story--cursor",
        "story--placeholder",
        "story--selected",
        *(f"story--surprisal-{step}" for step in STEPS),
    }
    DEFAULT_CSS = STORY_CSS

    path: reactive[tuple[Node, ...]] = reactive[tuple[Node, ...]]((), init=False, repaint=False)
    """The branch on screen, from the first prompt token to its end."""
    cursor: reactive[int] = reactive(ROOT, init=False, repaint=False)
    """Id of the node after which the cursor stands."""
    fresh: reactive[int | None] = reactive[int | None](None, init=False, repaint=False)
    """Id of the node just drawn or taken, marked until the next step."""
    caption: reactive[str] = reactive("", init=False, repaint=False)
    """What the border says behind the pane's name: `3 new`. Never a token's text."""
    unreachable: reactive[dict[int, str]] = reactive[dict[int, str]]({}, init=False, repaint=False)
    """Node id → the stage that would remove its token under the settings on screen. Replace, never mutate."""
    placeholder: var[str] = var("Nothing yet. Write a prompt and submit it.")
    """Text of the empty pane."""

    class Clicked(Message):
        """A token was clicked."""

        def __init__(self, node_id: int) -> None:
            super().__init__()
            self.node_id = node_id

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.auto_links = False
        self.layout_lines = Layout()
        self._path_index: dict[int, int] = {ROOT: -1}
        self._style_cache: dict[tuple[str, ...], RichStyle] = {}
        self._titles = (Content(""), Content(""))

    # Changes

    def watch_path(self, old: tuple[Node, ...], new: tuple[Node, ...]) -> None:
        """Lay out the lines that differ: after one more token, only the last one."""
        start = next((i for i, (was, now) in enumerate(zip(old, new, strict=False)) if was is not now), None)
        start = min(len(old), len(new)) if start is None else start
        for node in old[start:]:
            self._path_index.pop(node.id, None)
        self._path_index.update((node.id, index) for index, node in enumerate(new[start:], start))
        before = len(self.layout_lines.lines)
        first = self.layout_lines.update(new, start)
        self._resized(before)
        self._refresh_lines(first, max(before, len(self.layout_lines.lines)) - 1)
        self._scroll_to_cursor()
        self._update_titles()

    def watch_cursor(self, old: int, new: int) -> None:
        """Repaint the lines from the old cursor to the new one, and scroll to it."""
        lines = sorted((self._caret(old)[0], self._caret(new)[0]))
        self._refresh_lines(*lines)
        self._scroll_to_cursor()

    def watch_fresh(self, old: int | None, new: int | None) -> None:
        """Repaint the tokens whose mark changed."""
        self._refresh_nodes(node for node in (old, new) if node is not None)

    def watch_unreachable(self, old: dict[int, str], new: dict[int, str]) -> None:
        """Repaint the tokens whose reachability changed."""
        self._refresh_nodes(old.keys() ^ new.keys())

    def watch_caption(self) -> None:
        """Update the border."""
        self._update_titles()

    def on_resize(self) -> None:
        """Lay out all lines at the new width."""
        self._update_titles()
        before = len(self.layout_lines.lines)
        if self.layout_lines.resize(max(1, self.scrollable_content_region.width)):
            self._resized(before)
            self.refresh()
            self._scroll_to_cursor()

    def notify_style_update(self) -> None:
        """Discard the cached styles: the theme has changed."""
        super().notify_style_update()
        self._style_cache.clear()
        self.call_later(self._update_titles)  # the components' styles come after the widget's own

    def _resized(self, before: int) -> None:
        now, room = len(self.layout_lines.lines), self.scrollable_content_region
        if now == before == self.virtual_size.height:
            return
        size = Size(room.width, now)
        overflowed, overflows = (height > room.height for height in (self.virtual_size.height, now))
        if overflows == overflowed and size.width == self.virtual_size.width:
            # Only the scroll range grows. Plain assignment would lay out and repaint the whole screen for each line.
            self.set_reactive(StoryText.virtual_size, size)
            if self.show_vertical_scrollbar:
                self.vertical_scrollbar.window_virtual_size = now
        else:
            self.virtual_size = size

    def _refresh_nodes(self, nodes: Iterator[int] | set[int]) -> None:
        indices = [self._path_index[node] for node in nodes if node in self._path_index]
        if indices:
            first, last = (self.layout_lines.line_of((end, 0)) for end in (min(indices), max(indices) + 1))
            self._refresh_lines(first, last)

    def _refresh_lines(self, first: int, last: int) -> None:
        top = max(first - self.scroll_offset.y, 0)
        bottom = min(last - self.scroll_offset.y, self.scrollable_content_region.height - 1)
        if top <= bottom:
            self.refresh(Region(0, top, self.scrollable_content_region.width, bottom - top + 1))

    def _update_titles(self) -> None:
        """Update the border, only where it changed: the caption above, the scale of surprise below, or beside it."""
        if not self.is_mounted:  # there are no styles yet, and no size
            return
        title = Content(" · ".join(filter(None, ("Text", self.caption))))
        boxed = bool(self.styles.border_bottom[0])
        room = self.outer_size.width - _AROUND_TITLE - (0 if boxed else title.cell_length + len(" · "))
        bits = scale(lambda step: self.get_visual_style(f"story--surprisal-{step}", partial=True), room)
        bits = bits if any(map(_rated, self.path)) else Content("")
        titles = (title, bits) if boxed or not bits else (Content(" · ").join([title, bits]), Content(""))
        if not all(new.is_same(old) for new, old in zip(titles, self._titles, strict=True)):
            self._titles = titles
            self.border_title, self.border_subtitle = titles

    # The cursor

    def _index_of(self, node_id: int) -> int:
        """Index of a node in the path; the last index for a node that is not in it."""
        return self._path_index.get(node_id, len(self.path) - 1)

    def _caret(self, node_id: int) -> tuple[int, int]:
        return self.layout_lines.caret(self._index_of(node_id))

    def _scroll_to_cursor(self) -> None:
        """Scroll so that the cursor's line is on screen."""
        line, height = self._caret(self.cursor)[0], self.scrollable_content_region.height
        if height and not self.scroll_offset.y <= line < self.scroll_offset.y + height:
            top = line if line < self.scroll_offset.y else line - height + 1
            self.scroll_to(y=top, animate=False, force=True)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Draw one line of the text."""
        width = self.scrollable_content_region.width
        number = y + self.scroll_offset.y
        if not self.path:
            return self._placeholder_line(y, width)
        if number >= len(self.layout_lines.lines):
            return Strip.blank(width, self._style())
        strip = Strip(self._segments(number)).adjust_cell_length(width, self._style())
        return strip.apply_offsets(0, number)  # by these textual finds what a drag of the mouse selects

    def _placeholder_line(self, y: int, width: int) -> Strip:
        lines = Content(self.placeholder).wrap(max(1, width))
        text = lines[y].plain if y < len(lines) else ""
        return Strip([Segment(text, self._style("story--placeholder"))]).adjust_cell_length(width, self._style())

    def _segments(self, number: int) -> list[Segment]:
        glyphs = self.layout_lines.lines[number].glyphs
        cursor = self._index_of(self.cursor)
        line, x = self._caret(self.cursor)
        caret = x if line == number else -1
        segments = [
            Segment("".join(text for text, _ in run), self._style(*classes))
            for classes, run in groupby(self._glyph_classes(number, cursor, caret), lambda part: part[1])
        ]
        behind = caret >= sum(glyph.width for glyph in glyphs)
        return [*segments, Segment(" ", self._style("story--cursor"))] if behind else segments

    def _glyph_classes(self, number: int, cursor: int, caret: int) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Text and component classes of each glyph of a line; the cursor is a block on the glyph behind it."""
        x, glyphs = 0, self.layout_lines.lines[number].glyphs
        for glyph, selected in zip(glyphs, spanned(glyphs, number, self.text_selection), strict=True):
            classes = ("story--cursor",) if x == caret else self._components(glyph, cursor)
            yield glyph.text, (*classes, "story--selected") if selected else classes
            x += glyph.width

    def _components(self, glyph: Glyph, cursor: int) -> tuple[str, ...]:
        """The component classes of a glyph, weakest first."""
        node = self.path[glyph.node]
        if glyph.mark:
            return ("story--newline",) if glyph.text in (NEWLINE, BEGINS) else ("story--mark",)
        classes = [f"story--surprisal-{surprisal_step(node.surprisal)}" if _rated(node) else "story--prompt"]
        if node.how is How.CHOSEN:
            classes.append("story--chosen")
        if node.special:
            classes.append("story--special")
        if node.id in self.unreachable and not (glyph.blank and node.piece.strip(b" ")):
            classes.append("story--unreachable")
        if glyph.node > cursor:
            classes.append("story--later")
        if node.id == self.fresh:
            classes.append("story--fresh")
        return tuple(classes)

    def _style(self, *classes: str) -> RichStyle:
        """The combined style of several component classes, cached; text styles add up."""
        if classes not in self._style_cache:
            style = self.rich_style
            for name in classes:
                style += self.get_component_rich_style(name, partial=True)
            self._style_cache[classes] = paler(style) if "story--later" in classes else style
        return self._style_cache[classes]

    # The mouse, and lines

    def get_selection(self, selection: Selection) -> tuple[str, str]:
        """The selected text, and what textual puts behind it."""
        return selected_text(self.layout_lines.lines, selection), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Repaint: another part is selected, or none."""
        self.refresh()

    def action_line(self, by: int) -> None:
        """Post `Clicked` so that the cursor goes a line up or down."""
        line, x = self._caret(self.cursor)
        index = self.layout_lines.node_at(line + by, x) if self.path else None
        if index:
            self.post_message(self.Clicked(self.path[index - 1].id))

    def on_click(self, event: events.Click) -> None:
        """Post `Clicked` for the token under the mouse, unless a drag ends there."""
        offset = event.get_content_offset(self)
        if offset is not None and self.path and self.text_selection is None:
            index = self.layout_lines.node_at(offset.y + self.scroll_offset.y, offset.x)
            if index is not None:
                self.post_message(self.Clicked(self.path[index].id))


def _rated(node: Node) -> bool:
    """True for a token whose surprisal is known: a generated one, or a scored one of the prompt."""
    return node.how is not How.PROMPT or math.isfinite(node.surprisal)
