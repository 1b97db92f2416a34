"""The drawing half of the candidate list: which line shows what, repainting only the lines that changed."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.content import Content
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.protocol import Row, Viewed
from tui.widgets.candidate_columns import columns, would_draw_note
from tui.widgets.candidate_lines import Lines
from tui.widgets.candidate_paint import BlankLine, CutLine, DetailLine, HeaderLine, Line, Look, Painter, RowLine
from tui.widgets.candidate_rows import Rows, longest_bar
from tui.widgets.cuts import CutMark, border_note, cut_marks
from tui.widgets.empty import centred
from tui.widgets.numbers import Unit

NOTHING = "No candidates yet: submit a prompt."
DETAIL_FROM = 10
"""Lines from which one is spared for the highlighted candidate's id and bytes."""

_CSS = """
CandidateView {
    overflow-x: hidden;
    overflow-y: scroll;
    scrollbar-size-vertical: 1;
    border-title-color: $quiet;
    border-subtitle-color: $cut;
    &:focus { border-title-color: $live; }
    & > .candidates--quiet { color: $quiet; }
    & > .candidates--removed { color: $removed; }
    & > .candidates--cut { color: $cut; }
    & > .candidates--live { color: $live; text-style: bold; }
    & > .candidates--special { color: $special; text-style: italic; }
    & > .candidates--bar { color: $bar; }
    & > .candidates--bar-removed { color: $bar-removed; }
    & > .candidates--cursor { background: $cursor-blurred; }
    &:focus > .candidates--cursor { background: $cursor; }
    &:ansi > .candidates--cursor { text-style: reverse; }
    &:nocolor > .candidates--cursor { text-style: reverse; }
    &:nocolor > .candidates--removed { text-style: dim; }
}
"""
_PARTS = ("quiet", "removed", "cut", "live", "special", "bar", "bar-removed", "cursor")


class CandidateView(ScrollView, inherit_bindings=False):
    """A header, one line a rank with the cuts between, and a line of detail at the bottom."""

    DEFAULT_CSS = _CSS
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"candidates--{part}" for part in _PARTS}

    viewed: reactive[Viewed | None] = reactive(None, repaint=False)
    """The newest `main` view."""
    goes_on: reactive[int | None] = reactive(None, repaint=False)
    """The token with which the branch already goes on here."""
    fresh: reactive[int | None] = reactive(None, repaint=False)
    """The token just drawn or taken here; to be None again one step later."""
    unit: reactive[Unit] = reactive[Unit]("percent", repaint=False)
    """Of the numbers: percent, logprob (nats) or logit."""
    place: reactive[str] = reactive("", repaint=False)
    """Where in the text this is, for the border: `after token 12`. Never a token's text."""
    nothing: reactive[str] = reactive(NOTHING)
    """What to say, and which key to press, while there is nothing to show."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.auto_links = False
        self._rows = Rows()
        self._lines = Lines(0)
        self._rank = 1
        self._scale = 1.0
        self._painted: dict[int, Line] = {}
        self._titles = ("", "")
        self._note = ""
        self._painter = Painter(self._style_of)

    @property
    def highlighted(self) -> Row | None:
        """The highlighted candidate, None while its row is not there."""
        return self._rows[self._rank] if self.viewed else None

    def reveal(self, rank: int) -> None:
        """Highlight a rank and bring it into sight."""
        if not self._lines.vocabulary:
            return
        self._rank = max(1, min(rank, self._lines.vocabulary))
        line, top, body = self._lines.line_of(self._rank), self.scroll_offset.y, self._body
        if line < top - body or line >= top + 2 * body:
            self.scroll_to(y=line - body // 2, animate=False)
        elif not top <= line < top + body:
            self.scroll_to(y=line if line < top else line - body + 1, animate=False)
        self._update()

    def render_line(self, y: int) -> Strip:
        """One line of the widget, as it is remembered to have been painted."""
        line = self._painted[y] = self._describe(y)
        return self._painter.paint(line).apply_style(self.rich_style)

    def watch_place(self) -> None:
        """Say in the border where this is."""
        self._entitle()

    def _on_resize(self) -> None:
        self._lay_out()

    def watch_goes_on(self) -> None:
        """Mark another row."""
        self._update()

    watch_fresh = watch_unit = watch_goes_on

    @property
    def _width(self) -> int:
        """Cells a line has, the scroll bar's left out."""
        return self.scrollable_content_region.width

    @property
    def _height(self) -> int:
        """Lines, header and detail included."""
        return self.scrollable_content_region.height

    @property
    def _detail(self) -> int:
        """Lines spared at the bottom."""
        return int(self._height >= DETAIL_FROM)

    @property
    def _body(self) -> int:
        """Lines between the header and the detail."""
        return max(0, self._height - 1 - self._detail)

    @property
    def _in_sight(self) -> range:
        """The ranks on screen."""
        return self._lines.ranks(self.scroll_offset.y, self._body)

    def _at(self, y: int) -> int | CutMark | None:
        """The rank or cut on line y of the widget."""
        line = self.scroll_offset.y + y - 1
        return self._lines.at(line) if 0 < y <= self._body and line < len(self._lines) else None

    def _describe(self, y: int) -> Line:
        """What line y of the widget has to show now."""
        viewed, width = self.viewed, self._width
        if viewed is None or not self._lines.vocabulary:
            return BlankLine(width, dict(enumerate(centred(self.nothing, width, self._height))).get(y, ""))
        if y == 0:
            return HeaderLine(self._look)
        if self._detail and y == self._height - 1:
            return DetailLine(width, self.highlighted)
        at = self._at(y)
        if at is None:
            return BlankLine(width)
        return self._row_line(viewed, at) if isinstance(at, int) else CutLine(width, at)

    def _row_line(self, viewed: Viewed, rank: int) -> RowLine:
        row = self._rows[rank]
        token = row.token if row else -1
        goes_on, fresh = token == self.goes_on, token == self.fresh
        return RowLine(self._look, rank, row, rank == self._rank, token == viewed.would_draw, goes_on, fresh)

    @property
    def _look(self) -> Look:
        draws = self.viewed.draws if self.viewed else 0
        last = self._in_sight[-1] if self._in_sight else 1
        return Look(columns(self._width, self._lines.vocabulary, last, draws), self.unit, self._scale)

    def _lay_out(self) -> None:
        """Work out the lines of a changed view, window or size, and repaint what differs."""
        viewed = self.viewed
        marks = cut_marks(viewed, self._rows) if viewed else []
        self._lines = Lines(viewed.vocabulary if viewed else 0, marks)
        self._rank = max(1, min(self._rank, self._lines.vocabulary))
        self._scale = longest_bar(viewed, self._rows[1]) or self._scale
        self.virtual_size = Size(self._width, len(self._lines) + 1 + self._detail)
        self._entitle(border_note(marks))
        self._update()

    def _update(self) -> None:
        """Repaint the lines that no longer show what they should."""
        for y in range(self._height):
            if self._painted.get(y) != self._describe(y):
                self.refresh(Region(0, y, self._width, 1))

    def _entitle(self, note: str | None = None) -> None:
        """Title and note in the border; setting one repaints the widget, so only when it changes."""
        count = f"{self._lines.vocabulary:,}" if self._lines.vocabulary else ""
        drawn = would_draw_note(self.viewed.would) if self.viewed and self.viewed.would else ""
        self._note = self._note if note is None else note
        above, below = ["Candidates", self.place, count], [self._note, drawn]
        if not self.styles.border_bottom[0]:
            above, below = above + below, []
        titles = (" · ".join(filter(None, above)), " · ".join(filter(None, below)))
        if titles != self._titles:
            self._titles = titles
            self.border_title, self.border_subtitle = Content(titles[0]), Content(titles[1])

    def _style_of(self, part: str) -> Style:
        return self.get_component_rich_style(f"candidates--{part}", partial=True)
