"""The whole vocabulary as a ranked list, with each candidate's probabilities and the cuts."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from tui.protocol import Candidate, Viewed
from tui.widgets import candidate_messages
from tui.widgets.candidate_view import CandidateView
from tui.widgets.numbers import UNITS

PAGES_AROUND = 2
"""How many pages before and after those on screen are asked for."""


class CandidateList(CandidateView, can_focus=True, inherit_bindings=False):
    """Every token by rank: shows `viewed`, posts `Wanted` for missing candidates and `Take` for the chosen one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", id="candidates.up", tooltip="The candidate above", show=False),
        Binding("down,j", "move(1)", "Down", id="candidates.down", tooltip="The candidate below", show=False),
        Binding("pageup", "page(-1)", "Page up", id="candidates.page_up", tooltip="A page up", show=False),
        Binding("pagedown", "page(1)", "Page down", id="candidates.page_down", tooltip="A page down", show=False),
        Binding("home", "best", "Best", id="candidates.best", tooltip="The most probable token", show=False),
        Binding("end", "last", "Last", id="candidates.last", tooltip="The least probable token", show=False),
        Binding("enter", "take", "take", id="candidates.take", tooltip="Take the highlighted token"),
        Binding("u", "unit", "Unit", id="candidates.unit", tooltip="Percent, log-probability, logit", show=False),
    ]
    HELP = candidate_messages.HELP
    Wanted = candidate_messages.Wanted
    Take = candidate_messages.Take
    Highlighted = candidate_messages.Highlighted

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._asked: tuple[int, int] | None = None
        self._announced: Candidate | None = None
        self._took = False

    @property
    def wanted(self) -> tuple[int, int]:
        """The ranks to ask for, as `View.window`: those on screen and two pages around them."""
        page = max(self._body, 1)
        ranks = self._in_sight
        if not ranks:
            return 0, (1 + PAGES_AROUND) * page
        first = max(0, ranks[0] - 1 - PAGES_AROUND * page)
        return first, min(ranks[-1] + PAGES_AROUND * page, self._lines.ranked) - first

    def add_candidates(self, viewed: Viewed) -> None:
        """Add the candidates of a reply, unless it is about another node, other settings, seed or draws."""
        if self.viewed is not None and self._window.accepts(viewed):
            self._window.add(viewed.candidates, around=(self._in_sight or range(1, 2))[0])
            self._lay_out()

    def watch_viewed(self, old: Viewed | None, new: Viewed | None) -> None:
        """Show another view; if it is at another node, scroll to the top and highlight rank 1."""
        self._window.start(new)
        self._asked = None
        if old is None or new is None or old.at != new.at:
            self._rank = 1
            self.scroll_to(y=0, animate=False)
        self._lay_out()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scroll, and ask for missing candidates."""
        super().watch_scroll_y(old_value, new_value)
        self._ask()

    def _update(self) -> None:
        super()._update()
        self._ask()
        if self.highlighted != self._announced:
            self._announced = self.highlighted
            self.post_message(self.Highlighted(self, self._announced))

    def _ask(self) -> None:
        """Post `Wanted`, once per window, if candidates on screen or within a page of it are missing."""
        ranks, page = self._in_sight, self._body
        near = range(max(1, ranks[0] - page), min(ranks[-1] + page, self._lines.ranked) + 1) if ranks else ranks
        if self.wanted != self._asked and any(self._window[rank] is None for rank in near):
            self._asked = self.wanted
            self.post_message(self.Wanted(self, *self.wanted))

    def action_move(self, by: int) -> None:
        """Move the highlight by `by` ranks."""
        self.reveal(self._rank + by)

    def action_page(self, by: int) -> None:
        """Move the highlight by `by` pages."""
        self.reveal(self._rank + by * max(1, self._body - 1))

    def action_best(self) -> None:
        """Move the highlight to rank 1."""
        self.reveal(1)

    def action_last(self) -> None:
        """Move the highlight to the last rank."""
        self.reveal(self._lines.last)

    def action_take(self) -> None:
        """Post `Take` for the highlighted token."""
        if candidate := self.highlighted:
            self.post_message(self.Take(self, candidate.token))

    def action_unit(self) -> None:
        """Switch to the next unit: percent, log-probability, logit."""
        self.unit = UNITS[(UNITS.index(self.unit) + 1) % len(UNITS)]

    def on_click(self, event: events.Click) -> None:
        """Highlight the clicked line; a click on the highlighted line, or a double click, takes its token once."""
        offset = event.get_content_offset(self)
        at = self._at(offset.y, self._viewport()) if offset else None
        if not isinstance(at, int) or event.chain > 2 or (event.chain == 2 and self._took):
            return
        self._took = at == self._rank
        if self._took:
            self.action_take()
        else:
            self.reveal(at)
