"""The cumulative probability by rank, before and after temperature, with the cuts as lines and two tokens on it."""

from __future__ import annotations

from collections.abc import Iterator

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
from tui.widgets.plots.plot import Run, fitting

HELP = f"""\
# Cumulative probability

How much probability the best candidates hold together (up the side), by rank on a logarithmic axis (below). The side
begins at 0, or higher where all curves do.

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


class Cumulative:
    """The cumulative curves over a logarithmic rank axis."""

    id = "cumulative"
    title = "Cumulative probability"
    help = HELP

    def request(self, size: Size) -> PlotRequest:
        """Ask for the whole ranking, in as many points as a line of braille has dots."""
        return PlotRequest(self.id, width=ACROSS * max(10, canvas_columns(size.width)))

    def legend(self, viewed: Viewed, width: int) -> Content:
        """Names of the curves and of the marks on them."""
        return fitting(list(_legend(viewed)), width)

    def draw(self, viewed: Viewed, size: Size) -> list[list[Run]]:
        """Draw curves, cuts, marks and labels."""
        return draw(Figure.of(viewed, size))


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
