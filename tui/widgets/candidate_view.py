"""The drawing half of the candidate list: which line shows what, repainting only the lines that changed."""

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
from tui.widgets.candidate_columns import columns, would_draw_note
from tui.widgets.candidate_lines import Lines
from tui.widgets.candidate_paint import (
    BlankLine,
    CandidateLine,
    CutLine,
    DetailLine,
    HeaderLine,
    Line,
    Look,
    Painter,
    TailLine,
)
from tui.widgets.candidate_window import CandidateWindow
from tui.widgets.cuts import CutMark, border_note, cut_marks
from tui.widgets.empty import centred
from tui.widgets.numbers import Unit

NOTHING = "No candidates yet: submit a prompt."
UNDECIDED = "n cannot draw: undecided"
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


class Sheet(NamedTuple):
    """The room the list has, and what all its lines share."""

    width: int
    """Cells a line has, the scroll bar's left out."""
    height: int
    """Lines, header and detail included."""
    top: int
    """Lines scrolled past."""
    look: Look = Look((), "percent", 1.0)

    @property
    def detail(self) -> int:
        """Lines spared at the bottom."""
        return int(self.height >= DETAIL_FROM)

    @property
    def body(self) -> int:
        """Lines between the header and the detail."""
        return max(0, self.height - 1 - self.detail)


def _undecided(viewed: Viewed) -> bool:
    """True if nothing can be drawn, because what is kept is not certain."""
    return viewed.tail is not None and bool(viewed.tail.undecided)


def _draws(viewed: Viewed | None) -> int:
    """How many draws the candidates count."""
    return 0 if viewed is None or _undecided(viewed) else viewed.draws


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

    _ground: Style | None = None
    """The style under all lines, None while it is not known."""

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
        """The highlighted candidate, None while it is not there."""
        if self.viewed is None:
            return None
        return self._window[self._rank] if self._rank <= self._lines.ranked else self._window.unseen

    def reveal_unseen(self, candidate: Candidate) -> None:
        """Show a token of the unseen tail in the tail's line, and highlight it."""
        self._window.unseen = candidate
        self.reveal(self._lines.last)

    def reveal(self, rank: int) -> None:
        """Highlight a rank and bring it into sight."""
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
        """Forget the style under all lines: making it takes as long as painting one."""
        super().notify_style_update()
        self._ground = None

    def render_line(self, y: int) -> Strip:
        """One line of the widget, as it is remembered to have been painted."""
        line = self._painted[y] = self._describe(y, self._sheet())
        if self._ground is None:
            self._ground = self.rich_style
        return self._painter.paint(line).apply_style(self._ground)

    def watch_place(self) -> None:
        """Say in the border where this is."""
        self._entitle()

    def _on_resize(self) -> None:
        self._lay_out()

    def watch_goes_on(self) -> None:
        """Mark another row."""
        self._update()

    watch_fresh = watch_unit = watch_goes_on

    def _sheet(self) -> Sheet:
        """The room there is, asked for once for all lines: textual works it out anew each time."""
        size, viewed = self.scrollable_content_region.size, self.viewed
        sheet = Sheet(*size, self.scroll_offset.y)
        last = (self._lines.ranks(sheet.top, sheet.body) or (1,))[-1]
        vocabulary = viewed.vocabulary if viewed else 0
        look = Look(columns(sheet.width, vocabulary, last, _draws(viewed)), self.unit, self._scale)
        return sheet._replace(look=look)

    @property
    def _body(self) -> int:
        """Lines between the header and the detail."""
        return self._sheet().body

    @property
    def _in_sight(self) -> range:
        """The ranks on screen."""
        return self._lines.ranks(self.scroll_offset.y, self._body)

    def _at(self, y: int, sheet: Sheet) -> int | CutMark | None:
        """The rank or cut on line y of the widget."""
        line = sheet.top + y - 1
        return self._lines.at(line) if 0 < y <= sheet.body and line < len(self._lines) else None

    def _describe(self, y: int, sheet: Sheet) -> Line:
        """What line y of the widget has to show now."""
        viewed, width = self.viewed, sheet.width
        if viewed is None or not self._lines.ranked:
            return BlankLine(width, dict(enumerate(centred(self.nothing, width, sheet.height))).get(y, ""))
        if y == 0:
            return HeaderLine(sheet.look)
        if sheet.detail and y == sheet.height - 1:
            return self._detail_line(viewed, width)
        at = self._at(y, sheet)
        if at is None:
            return BlankLine(width)
        if viewed.tail and at == self._lines.last:
            return TailLine(sheet.look, viewed.tail, self._window.unseen, at == self._rank)
        return self._candidate_line(viewed, at, sheet.look) if isinstance(at, int) else CutLine(width, at)

    def _detail_line(self, viewed: Viewed, width: int) -> Line:
        """The highlighted candidate in full; of the tail, why it matters."""
        if viewed.tail and self._rank == self._lines.last and self._window.unseen is None:
            return BlankLine(width, f" {viewed.tail.undecided} {viewed.tail.remedy}".rstrip())
        return DetailLine(width, self.highlighted)

    def _candidate_line(self, viewed: Viewed, rank: int, look: Look) -> CandidateLine:
        candidate = self._window[rank]
        token = candidate.token if candidate else -1
        goes_on, fresh = token == self.goes_on, token == self.fresh
        return CandidateLine(look, rank, candidate, rank == self._rank, token == viewed.would_draw, goes_on, fresh)

    def _lay_out(self) -> None:
        """Work out the lines of a changed view, window or size, and repaint what differs."""
        viewed = self.viewed
        marks = cut_marks(viewed, self._window) if viewed else []
        tail = viewed.tail if viewed else None
        ranked = tail.told if tail else viewed.vocabulary if viewed else 0
        self._lines = Lines(ranked, marks, tail is not None)
        self._rank = max(1, min(self._rank, self._lines.last))
        self._scale = (viewed.best if viewed else 0.0) or self._scale
        sheet = self._sheet()
        self.virtual_size = Size(sheet.width, len(self._lines) + 1 + sheet.detail)
        self._entitle(border_note(marks))
        self._update()

    def _update(self) -> None:
        """Repaint the lines that no longer show what they should, neighbours together: each part costs a painting."""
        sheet = self._sheet()
        changed = [y for y in range(sheet.height) if self._painted.get(y) != self._describe(y, sheet)]
        for _, lines in groupby(enumerate(changed), lambda pair: pair[1] - pair[0]):
            (_, first), *others = lines
            self.refresh(Region(0, first, sheet.width, 1 + len(others)))

    def _entitle(self, note: str | None = None) -> None:
        """Title and note in the border; setting one repaints the widget, so only when it changes."""
        count, draws, would = "", "", ""
        if (viewed := self.viewed) and self._lines.ranked:
            told = f"{viewed.tail.told:,} of " if viewed.tail else ""
            count, drawn = f"{told}{viewed.vocabulary:,}", _draws(viewed)
            draws = f"drawn: of {drawn:,}" if drawn else ""
            would = would_draw_note(viewed.would) if viewed.would else UNDECIDED if _undecided(viewed) else ""
        self._note = self._note if note is None else note
        above, below = ["Candidates", self.place, count], [self._note, draws, would]
        if not self.styles.border_bottom[0]:
            above, below = above + below, []
        titles = (" · ".join(filter(None, above)), " · ".join(filter(None, below)))
        if titles != self._titles:
            self._titles = titles
            self.border_title, self.border_subtitle = Content(titles[0]), Content(titles[1])

    def _style_of(self, part: str) -> Style:
        return self.get_component_rich_style(f"candidates--{part}", partial=True)
