"""The cumulative probability by rank, before and after temperature, with the cuts as vertical lines."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size

from tui.core.settings import sums_tempered
from tui.protocol import PlotRequest, Viewed
from tui.widgets.cuts import cut_marks
from tui.widgets.numbers import percent
from tui.widgets.plots.cumulative_figure import Curves, Figure, canvas_width, draw
from tui.widgets.plots.plot import Run

POINTS_A_COLUMN = 2
"""Points per column: a braille cell is two dots wide, so more would not be visible."""

HELP = """\
# Cumulative probability

How much probability the best candidates hold together, by rank on a logarithmic axis.

- `━` the curve after penalties and temperature, `┈` the model's own (raw); one curve where they are the same.
  In llama.cpp's order the curve before the temperature, which is the one that top-p sees
- `│` a cut, at the last rank it leaves; `┊` where the same cut would stand if it were the only one
- `╌` top-p's threshold: p times the probability that the cuts before it left
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
        return PlotRequest(self.id, width=POINTS_A_COLUMN * max(10, canvas_width(size.width)))

    def legend(self, viewed: Viewed) -> Content:
        """Names of the two curves, or one name if they are equal."""
        same = viewed.plot is not None and viewed.plot.series["raw"] == viewed.plot.series["tempered"]
        tail = viewed.tail
        tempered = sums_tempered(viewed.settings)
        least = ", at least" if tempered and tail and not tail.tempered.exact else ""
        name = "tempered" if tempered else "before temperature"
        summed = Content.styled(f"━ raw = {name}" if same else f"━ {name}{least}", "$live")
        both = summed if same else Content.assemble(summed, "  ", Content.styled("┈ raw", "$raw"))
        return Content.assemble(both, f"  unseen {percent(tail.mass)} %") if tail else both

    def draw(self, viewed: Viewed, size: Size) -> list[list[Run]]:
        """Draw curves, cuts and labels."""
        assert viewed.plot is not None
        known_ranks = viewed.tail.told if viewed.tail else 0
        marks = cut_marks(viewed, viewed.candidates)
        return draw(Figure(size.width, size.height, viewed.vocabulary, Curves.of(viewed.plot), marks, known_ranks))
