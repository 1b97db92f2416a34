"""The drawing half of the candidate list: decides what each line shows, and repaints only changed lines."""

from __future__ import annotations

from itertools import groupby
from typing import ClassVar, NamedTuple

from rich.style import Style
from textual.content import Content
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.protocol import Candidate, Viewed
from tui.widgets.candidate_columns import columns
from tui.widgets.candidate_detail import detail
from tui.widgets.candidate_lines import Lines
from tui.widgets.candidate_paint import (
    CandidateLine,
    CutLine,
    HeaderLine,
    Line,
    ListFormat,
    Painter,
    TailLine,
    TextLine,
)
from tui.widgets.candidate_window import CandidateWindow
from tui.widgets.cuts import CutMark, border_note, cut_marks
from tui.widgets.goes_on import GoesOn, would_draw_notes
from tui.widgets.numbers import Unit
from tui.widgets.placeholder import centred
from tui.widgets.titles import shortened

PLACEHOLDER = "No candidates yet: submit a prompt."
UNDECIDED = "n cannot draw: undecided"
DETAIL_FROM = 10
"""List height in lines from which there is a detail line for the highlighted candidate."""

_AROUND_TITLE = 6
"""Cells of a border that a title leaves free: the corners, the line beside them, and a blank on either side."""

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
    & > .candidates--bar { color: $bar-kept; }
    & > .candidates--bar-removed { color: $bar-removed; }
    & > .candidates--cursor { background: $cursor-blurred; }
    &:focus > .candidates--cursor { background: $cursor; }
    &:ansi > .candidates--cursor { text-style: reverse; }
    &:nocolor > .candidates--cursor { text-style: reverse; }
    &:nocolor > .candidates--removed { text-style: dim; }
}
"""
_PARTS = ("quiet", "removed", "cut", "live", "special", "bar", "bar-removed", "cursor")


class Viewport(NamedTuple):
    """The list's size, scroll position and format."""

    width: int
    """Width of a line in cells, without the scroll bar."""
    height: int
    """Height in lines, including header and detail."""
    top: int
    """Number of lines scrolled past."""
    list_format: ListFormat = ListFormat((), "percent", 1.0)

    @property
    def detail(self) -> int:
        """Number of detail lines at the bottom, 0 or 1."""
        return int(self.height >= DETAIL_FROM)

    @property
    def body(self) -> int:
        """Number of lines between the header and the detail."""
        return max(0, self.height - 1 - self.detail)


def _undecided(viewed: Viewed) -> bool:
    """True if no token can be drawn, because the head of the distribution does not determine the kept set."""
    return viewed.tail is not None and bool(viewed.tail.undecided)


def _draws(viewed: Viewed | None) -> int:
    """The number of draws that the candidates' counts are of; 0 if no draws were counted."""
    return 0 if viewed is None or _undecided(viewed) else viewed.draws


class CandidateView(ScrollView, inherit_bindings=False):
    """A header, one line per rank with the cuts between them, and a detail line at the bottom."""

    DEFAULT_CSS = _CSS
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"candidates--{part}" for part in _PARTS}

    viewed: reactive[Viewed | None] = reactive(None, repaint=False)
    """The newest `main` view; None: show the placeholder."""
    goes_on: reactive[GoesOn | None] = reactive[GoesOn | None](None, repaint=False)
    """The token with which the branch continues at the cursor."""
    unit: reactive[Unit] = reactive[Unit]("percent", repaint=False)
    """Unit of the numbers: percent, logprob (nats) or logit."""
    caption: reactive[str] = reactive("", repaint=False)
    """Which token the candidates are for, for the border: `for token 12`. Never a token's text."""
    placeholder: reactive[str] = reactive(PLACEHOLDER)
    """Text of the empty list: why it is empty, and which key to press."""

    _base_style: Style | None = None
    """The widget's own style, under all lines; None until it is computed."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.auto_links = False
        self._window = CandidateWindow()
        self._lines = Lines(0)
        self._rank = 1
        self._scale = 1.0
        self._painted: dict[int, Line] = {}
        self._titles = ("", "")
        self._note = ""
        self._painter = Painter(self._style_of)

    @property
    def highlighted(self) -> Candidate | None:
        """The highlighted candidate; None while the list does not hold it."""
        if self.viewed is None:
            return None
        return self._window[self._rank] if self._rank <= self._lines.ranked else self._window.unseen

    def reveal_unseen(self, candidate: Candidate) -> None:
        """Show a token of the unseen tail in the tail line, and highlight that line."""
        self._window.unseen = candidate
        self.reveal(self._lines.last)

    def reveal(self, rank: int) -> None:
        """Highlight a rank and scroll to it."""
        if not self._lines.ranked:
            return
        self._rank = max(1, min(rank, self._lines.last))
        line, top, body = self._lines.line_of(self._rank), self.scroll_offset.y, self._body
        if line < top - body or line >= top + 2 * body:
            self.scroll_to(y=line - body // 2, animate=False)
        elif not top <= line < top + body:
            self.scroll_to(y=line if line < top else line - body + 1, animate=False)
        self._update()

    def notify_style_update(self) -> None:
        """Discard the cached base style: computing it takes as long as painting a line."""
        super().notify_style_update()
        self._base_style = None

    def render_line(self, y: int) -> Strip:
        """Draw line `y` of the widget, and remember what it shows."""
        line = self._painted[y] = self._line_content(y, self._viewport())
        if self._base_style is None:
            self._base_style = self.rich_style
        return self._painter.paint(line).apply_style(self._base_style)

    def watch_caption(self) -> None:
        """Update the border."""
        self._update_titles()

    def _on_resize(self) -> None:
        self._lay_out()

    def watch_unit(self) -> None:
        """Repaint the lines with numbers, which are all that differ."""
        self._update()

    def watch_goes_on(self) -> None:
        """Repaint the lines whose mark changed, and update the border."""
        self._update()
        self._update_titles()

    def _viewport(self) -> Viewport:
        """The current size and format, computed once for all lines: textual recomputes the size at each access."""
        size, viewed = self.scrollable_content_region.size, self.viewed
        viewport = Viewport(*size, self.scroll_offset.y)
        last = (self._lines.ranks(viewport.top, viewport.body) or (1,))[-1]
        vocabulary = viewed.vocabulary if viewed else 0
        list_format = ListFormat(columns(viewport.width, vocabulary, last, _draws(viewed)), self.unit, self._scale)
        return viewport._replace(list_format=list_format)

    @property
    def _body(self) -> int:
        """Number of lines between the header and the detail."""
        return self._viewport().body

    @property
    def _in_sight(self) -> range:
        """The ranks on screen."""
        return self._lines.ranks(self.scroll_offset.y, self._body)

    def _at(self, y: int, viewport: Viewport) -> int | CutMark | None:
        """The rank or cut on line `y` of the widget; None for any other line."""
        line = viewport.top + y - 1
        return self._lines.at(line) if 0 < y <= viewport.body and line < len(self._lines) else None

    def _line_content(self, y: int, viewport: Viewport) -> Line:
        """What line `y` of the widget must show now."""
        viewed, width = self.viewed, viewport.width
        if viewed is None or not self._lines.ranked:
            return TextLine(width, dict(enumerate(centred(self.placeholder, width, viewport.height))).get(y, ""))
        if y == 0:
            return HeaderLine(viewport.list_format)
        if viewport.detail and y == viewport.height - 1:
            return self._detail_line(viewed, viewport.list_format)
        at = self._at(y, viewport)
        if at is None:
            return TextLine(width)
        if viewed.tail and at == self._lines.last:
            return TailLine(viewport.list_format, viewed.tail, self._window.unseen, at == self._rank)
        return self._candidate_line(viewed, at, viewport.list_format) if isinstance(at, int) else CutLine(width, at)

    def _detail_line(self, viewed: Viewed, list_format: ListFormat) -> Line:
        """The highlighted candidate's detail; for the tail, why the cuts are undecided and what would help."""
        if viewed.tail and self._rank == self._lines.last and self._window.unseen is None:
            return TextLine(list_format.width, f" {viewed.tail.undecided} {viewed.tail.remedy}".rstrip())
        return TextLine(list_format.width, detail(self.highlighted, viewed, list_format.columns))

    def _candidate_line(self, viewed: Viewed, rank: int, list_format: ListFormat) -> CandidateLine:
        candidate = self._window[rank]
        token = candidate.token if candidate else -1
        goes_on = self.goes_on is not None and token == self.goes_on.node.token
        return CandidateLine(list_format, rank, candidate, rank == self._rank, token == viewed.would_draw, goes_on)

    def _lay_out(self) -> None:
        """Recompute the lines after a change of view, window or size, and repaint those that differ."""
        viewed = self.viewed
        marks = cut_marks(viewed, self._window) if viewed else []
        tail = viewed.tail if viewed else None
        ranked = tail.told if tail else viewed.vocabulary if viewed else 0
        self._lines = Lines(ranked, marks, tail is not None)
        self._rank = max(1, min(self._rank, self._lines.last))
        self._scale = (viewed.best if viewed else 0.0) or self._scale
        viewport = self._viewport()
        self.virtual_size = Size(viewport.width, len(self._lines) + 1 + viewport.detail)
        self._update_titles(border_note(marks))
        self._update()

    def _update(self) -> None:
        """Repaint the lines that changed; adjacent lines in one region, because each region costs a paint."""
        viewport = self._viewport()
        changed = [y for y in range(viewport.height) if self._painted.get(y) != self._line_content(y, viewport)]
        for _, lines in groupby(enumerate(changed), lambda pair: pair[1] - pair[0]):
            (_, first), *others = lines
            self.refresh(Region(0, first, viewport.width, 1 + len(others)))

    def _update_titles(self, note: str | None = None) -> None:
        """Update the titles in the border, only if they changed: setting one repaints the widget."""
        self._note = self._note if note is None else note
        above: list[list[str]] = [[" ".join(filter(None, ("Candidates", self.caption)))]]
        below: list[list[str]] = []
        if (viewed := self.viewed) and self._lines.ranked:
            known = f"{viewed.tail.told:,} of " if viewed.tail else ""
            above.append([f"{known}{viewed.vocabulary:,} tokens", f"{known}{viewed.vocabulary:,}", ""])
            would = would_draw_notes(viewed.would) if viewed.would else [UNDECIDED] if _undecided(viewed) else []
            draws = [f"drawn: of {drawn:,}"] if (drawn := _draws(viewed)) else []
            would += [""] if self.goes_on else []  # a step would follow it: how it came there says more
            below = [[self._note], draws, self.goes_on.notes if self.goes_on else [], would]
        if not self.styles.border_bottom[0]:
            above, below = above + below, []
        room = self.outer_size.width - _AROUND_TITLE
        titles = (shortened(above, room), shortened(below, room))
        if titles != self._titles:
            self._titles = titles
            self.border_title, self.border_subtitle = Content(titles[0]), Content(titles[1])

    def _style_of(self, part: str) -> Style:
        return self.get_component_rich_style(f"candidates--{part}", partial=True)
