"""The cumulative probability by rank, before and after temperature, with the cuts as lines and two tokens on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from textual.content import Content
from textual.geometry import Size

from tui.core.settings import sums_tempered
from tui.protocol import Candidate, PlotRequest, Viewed
from tui.widgets.candidate_columns import MISSING
from tui.widgets.cuts import cut_marks
from tui.widgets.numbers import percent
from tui.widgets.plots.axes import ACROSS
from tui.widgets.plots.cumulative_figure import (
    CROSSING,
    DRAWN,
    WOULD,
    Figure,
    draw,
    follows_would,
    kept_prefix,
    rank_of,
)
from tui.widgets.plots.cursor import CURSOR_KEYS, fate, name, next_stop, share, stops
from tui.widgets.plots.curves import Curve
from tui.widgets.plots.cut_lines import REMOVED, removed_texts
from tui.widgets.plots.frame import canvas_columns
from tui.widgets.plots.plot import Move, Run, Shown, answered, best_fitting, fitting
from tui.widgets.plots.ranges import ALL, POST, RankRange

HELP = f"""\
# Cumulative probability

How much probability the best candidates hold together (up the side), by rank (below). The side begins at 0, or higher
where all curves do.

With the focus on the plot: `-` goes from the logarithmic axis of ranks to a linear one, then to the post's figure
(ranks to 10,000, 0.75 to 1.01, and its k = 2,000 and p = 0.95 as thin lines). `↑` and `↓` zoom in and out around the
cursor or the last kept rank, or around the first rank where that is not in sight. `shift+←` and `shift+→`, or page up
and page down, pan. `home` shows all ranks.

{CURSOR_KEYS} Read there: the rank, the token, whether it is kept or what removes it, its probability after penalties
and temperature, and the cumulative one. It first stands at the last kept rank.

- `━` the curve after penalties and temperature, thick up to the last one that the cuts keep; `─` the removed part.
  In llama.cpp's order the curve before the temperature, which is the one that top-p sees
- `┈` the model's own curve (raw), if it is another
- `│` a cut, at the last rank it leaves: *50 left by top-p 0.90* is a count and the stage. The line whose label has no
  room is not drawn
- `┊` where the same cut would stand if it were the only one: *alone 4,184*
- `╌` top-p's threshold: p, times the probability that the cuts before it left, as *p 0.90 × 0.86 = 0.77*
- `{CROSSING}` where the curve reaches that threshold: top-p keeps the ranks up to the first one at or after it
- `{WOULD}` the token that this seed draws here, `{DRAWN}` the token with which the branch goes on
- *removed: 40 % by top-k, 5.4 % by top-p* how much probability each cut removes, where there are several
- `20 told` where the curves end, because a server tells no more; the rest is *unseen*. Where temperature makes the
  whole uncertain, the curve is the least that it may be
"""


_WORDS: Sequence[tuple[int, int, str, str]] = (
    (80, 24, "removed by", "cumul."),
    (64, 12, "cut by", "cumul."),
    (0, 6, "", "cum."),
)
"""For a reading of at least so many cells: the cells of the token, and the words before a cut and before a sum."""
VIEWS = (ALL, RankRange("linear"), POST)
"""The views that one key goes through."""


@dataclass(frozen=True)
class Cumulative:
    """The cumulative curves over some of the ranks."""

    ranks: RankRange = VIEWS[0]
    cursor: int = 0
    """The rank under the cursor; 0 if there is none."""
    id = "cumulative"
    help = HELP

    @property
    def title(self) -> str:
        """Name of the plot, and whose view of it this is."""
        return "Cumulative probability" + (", the post's view" if self.ranks.post else "")

    def moved(self, move: Move, viewed: Viewed) -> Cumulative:
        """Zoom, pan, or show the next view."""
        if move == "view":
            views = [(view.scale, view.post) for view in VIEWS]
            return replace(self, ranks=VIEWS[(views.index((self.ranks.scale, self.ranks.post)) + 1) % len(VIEWS)])
        ranks = self.ranks.moved(move, self.cursor or viewed.kept, viewed.vocabulary)
        return replace(self, ranks=ranks, cursor=0 if move == "whole" else self.cursor)

    def request(self, size: Size) -> PlotRequest:
        """Ask for the ranks in sight, in as many points as a line of braille has dots."""
        width = ACROSS * max(10, canvas_columns(size.width))
        return PlotRequest(self.id, width, self.ranks.scale, self.ranks.low, self.ranks.high)

    def data(self, shown: Shown) -> Viewed | None:
        """The view that holds the series."""
        return answered(shown, self.id)

    def legend(self, viewed: Viewed, width: int) -> Content:
        """Names of the curves and of the marks on them."""
        return best_fitting([list(_legend(viewed, removed)) for removed in removed_texts(viewed)], width)

    def draw(self, viewed: Viewed, size: Size) -> list[list[Run]]:
        """Draw curves, cuts, marks and labels."""
        return draw(Figure.of(viewed, size, self.ranks, self.cursor))

    @property
    def points(self) -> bool:
        """True while there is a cursor."""
        return self.cursor > 0

    def point(self, by: int, viewed: Viewed, size: Size) -> Cumulative:
        """The plot with another cursor; at first it stands at the last kept rank, if that is in sight."""
        axis, curve = self.ranks.axis(canvas_columns(size.width), viewed.vocabulary), _curve(viewed)
        ranks = curve.within(axis.low, axis.high).ranks
        if not by or not ranks:
            return replace(self, cursor=0)
        ends = [cut.left for cut in reversed(viewed.cuts) if ranks[0] <= cut.left <= ranks[-1]]
        places = stops(ranks, ends, axis.column)
        if not self.cursor:
            return replace(self, cursor=viewed.kept if viewed.kept in ends else places[0])
        return replace(self, cursor=next_stop(places, self.cursor, by))

    def rank(self, viewed: Viewed) -> int:
        """The rank under the cursor."""
        return min(self.cursor, viewed.tail.told if viewed.tail else viewed.vocabulary)

    def reading(self, viewed: Viewed, candidate: Candidate | None, width: int) -> Content:
        """Rank, token, its probability, the cumulative one, and what becomes of it."""
        spans = candidate.spans if candidate is not None and candidate.spans else (None, None, None)
        tempered = share(candidate.tempered, spans[0]) if candidate is not None else MISSING
        total = share(candidate.cumulative, spans[2]) if candidate is not None else self._told(viewed)
        rank = Content.styled(f"rank {self.rank(viewed):,}", "$foreground")
        _, longest, by, cumulative = next(words for words in _WORDS if width >= words[0])
        parts = [rank, name(candidate, longest), fate(candidate, by), Content(tempered)]
        return fitting([*parts, Content(f"{cumulative} {total}")], width)

    def _told(self, viewed: Viewed) -> str:
        """The cumulative probability at the cursor, if it is one of the curve's points, or a cut's rank."""
        curve = _curve(viewed)
        known = dict(zip(curve.ranks, curve.values, strict=True)) | {cut.left: cut.mass for cut in viewed.cuts}
        return share(known[self.cursor]) if self.cursor in known else MISSING


def _curve(viewed: Viewed) -> Curve:
    assert viewed.plot is not None
    return Curve.of(viewed.plot, "tempered")


def _legend(viewed: Viewed, removed: str) -> Iterator[Content]:
    """The parts of the legend, the most important first; `removed` names the removed part of the curve."""
    assert viewed.plot is not None
    kept, tail = kept_prefix(viewed, cut_marks(viewed, viewed.candidates)), viewed.tail
    same = viewed.plot.series["raw"] == viewed.plot.series["tempered"]
    tempered = sums_tempered(viewed.settings)
    curve = "tempered" if tempered else "before temperature"
    least = ", at least" if tempered and tail and not tail.tempered.exact else ""
    several = removed != REMOVED
    if 0 < kept < viewed.vocabulary:
        yield Content.styled(f"━ kept {kept:,}" if several else "━ kept", "$live")
        yield Content.styled(f"─ {removed}{least}", "$removed")
        if not tempered:
            yield Content(curve)
    else:
        yield Content.styled(f"━ {'raw = ' if same else ''}{curve}{least}", "$live")
        if several:
            yield Content.styled(removed, "$removed")
    if not same:
        yield Content.styled("┈ raw", "$raw")
    if tail:
        yield Content(f"unseen {percent(tail.mass)} %")
    if viewed.would is not None:
        yield Content.styled(f"{WOULD} this seed{', drawn' if follows_would(viewed) else ''}", "$live")
    if rank_of(viewed.followed) and not follows_would(viewed):
        yield Content.styled(f"{DRAWN} drawn", "$foreground")
