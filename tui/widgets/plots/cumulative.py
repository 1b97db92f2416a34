"""The cumulative probability by rank, before and after temperature, with the cuts as lines and two tokens on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from textual.content import Content
from textual.geometry import Size

from tui.core.settings import sums_tempered
from tui.protocol import PlotRequest, Viewed
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
from tui.widgets.plots.frame import canvas_columns
from tui.widgets.plots.plot import Move, Run, Shown, answered, fitting
from tui.widgets.plots.ranges import ALL, POST, RankRange

HELP = f"""\
# Cumulative probability

How much probability the best candidates hold together (up the side), by rank (below). The side begins at 0, or higher
where all curves do.

With the focus on the plot: `-` goes from the logarithmic axis of ranks to a linear one, then to the post's figure
(ranks to 10,000, 0.75 to 1.01, and its k = 2,000 and p = 0.95 as thin lines). `↑` and `↓` zoom in and out around the
last kept rank, or around the first rank where that is not in sight. `shift+←` and `shift+→`, or page up and page down,
pan. `home` shows all ranks.

- `━` the curve after penalties and temperature, thick up to the last one that the cuts keep; `─` the removed part.
  In llama.cpp's order the curve before the temperature, which is the one that top-p sees
- `┈` the model's own curve (raw), if it is another
- `│` a cut, at the last rank it leaves: *50 left by top-p 0.90* is a count and the stage. The line whose label has no
  room is not drawn
- `┊` where the same cut would stand if it were the only one: *alone 4,184*
- `╌` top-p's threshold: p, times the probability that the cuts before it left, as *p 0.90 × 0.86 = 0.77*
- `{CROSSING}` where the curve reaches that threshold: top-p keeps the ranks up to the first one at or after it
- `{WOULD}` the token that this seed draws here, `{DRAWN}` the token with which the branch goes on
- `20 told` where the curves end, because a server tells no more; the rest is *unseen*. Where temperature makes the
  whole uncertain, the curve is the least that it may be
"""


VIEWS = (ALL, RankRange("linear"), POST)
"""The views that one key goes through."""


@dataclass(frozen=True)
class Cumulative:
    """The cumulative curves over some of the ranks."""

    ranks: RankRange = VIEWS[0]
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
        return replace(self, ranks=self.ranks.moved(move, viewed.kept, viewed.vocabulary))

    def request(self, size: Size) -> PlotRequest:
        """Ask for the ranks in sight, in as many points as a line of braille has dots."""
        width = ACROSS * max(10, canvas_columns(size.width))
        return PlotRequest(self.id, width, self.ranks.scale, self.ranks.low, self.ranks.high)

    def data(self, shown: Shown) -> Viewed | None:
        """The view that holds the series."""
        return answered(shown, self.id)

    def legend(self, viewed: Viewed, width: int) -> Content:
        """Names of the curves and of the marks on them."""
        return fitting(list(_legend(viewed)), width)

    def draw(self, viewed: Viewed, size: Size) -> list[list[Run]]:
        """Draw curves, cuts, marks and labels."""
        return draw(Figure.of(viewed, size, self.ranks))


def _legend(viewed: Viewed) -> Iterator[Content]:
    """The parts of the legend, the most important first."""
    assert viewed.plot is not None
    kept, tail = kept_prefix(viewed, cut_marks(viewed, viewed.candidates)), viewed.tail
    same = viewed.plot.series["raw"] == viewed.plot.series["tempered"]
    tempered = sums_tempered(viewed.settings)
    name = "tempered" if tempered else "before temperature"
    least = ", at least" if tempered and tail and not tail.tempered.exact else ""
    if 0 < kept < viewed.vocabulary:
        yield Content.styled("━ kept", "$live")
        yield Content.styled(f"─ removed{least}", "$removed")
        if not tempered:
            yield Content(name)
    else:
        yield Content.styled(f"━ {'raw = ' if same else ''}{name}{least}", "$live")
    if not same:
        yield Content.styled("┈ raw", "$raw")
    if tail:
        yield Content(f"unseen {percent(tail.mass)} %")
    if viewed.would is not None:
        yield Content.styled(f"{WOULD} this seed{', drawn' if follows_would(viewed) else ''}", "$live")
    if rank_of(viewed.followed) and not follows_would(viewed):
        yield Content.styled(f"{DRAWN} drawn", "$foreground")
