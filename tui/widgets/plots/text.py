"""Along the text: how surprised and how unsure the model was at each token, and what the cuts left there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

from textual.content import Content
from textual.geometry import Size

from tui.core.story import MANY_BITS, Node
from tui.core.tokens import printable_token, quoted
from tui.protocol import PlotRequest, Viewed
from tui.widgets.numbers import percent
from tui.widgets.plots.axes import EvenAxis, Tick, short_count
from tui.widgets.plots.canvas import Canvas, Pen
from tui.widgets.plots.frame import UNNAMED, canvas_columns, canvas_rows, line_above, x_axis, y_axis
from tui.widgets.plots.labels import Label, Placed, place_all
from tui.widgets.plots.plot import Colour, Move, Run, Shown, fitting
from tui.widgets.plots.tokens import ALL, TokenAxis, TokenRange, highest

HELP = f"""\
# Along the text

One place for each token, from the first whose numbers are known to the step to come. `│` and *token 46* mark the token
after the cursor, which comes from the candidates in the list; the border tells its values. With the focus on the plot,
`-` goes through three views:

- the `█` surprisal of each token and the `━` entropy of the distribution that it was taken from, both of the raw model,
  in bits. `┈` is at {MANY_BITS:g} bits: the jumps to a surprise and to an uncertain step go to what is above
- `█` how many candidates the cuts left there, on a logarithmic axis
- `█` how much of the probability, after temperature, these had

What was known when the token was drawn is shown, under the settings of that time; of the step to come, what is so under
the settings now. Tokens of the prompt have no cuts. Where several tokens share a column, bar and line are as high as
the highest of them. `↑` and `↓` zoom in and out around the marked token; `shift+←` and `shift+→`, or page up and page
down, pan; `home` shows all.
"""
_MOST_BITS, _MOST_KEPT = 999.0, 10.0**9
"""No higher numbers have room beside the axis; there are none."""
_EIGHTHS = " ▁▂▃▄▅▆▇█"
NOTHING = "nothing is known of these tokens"


class Step(NamedTuple):
    """The numbers of one step; NaN where they are not known."""

    surprisal: float = math.nan
    entropy: float = math.nan
    kept: float = math.nan
    mass: float = math.nan


class Text(NamedTuple):
    """The steps along the branch, the one to come too."""

    steps: Sequence[Step]
    known: range
    """Indices from the first step with a number to the step to come."""
    selected: int
    """Index of the step after the cursor."""
    cursor: int
    token: Node | None
    """The token of that step; None for the step to come."""

    @classmethod
    def of(cls, shown: Shown) -> Text | None:
        """The text on screen; None if there is none."""
        path = shown.path
        if not path:
            return None
        at = next((index for index, node in enumerate(path) if node.id == shown.cursor), len(path) - 1) + 1
        viewed = shown.viewed if at == len(path) else None
        steps = [*map(_step, path), _to_come(viewed if viewed and viewed.at == shown.cursor else None)]
        first = next((index for index, step in enumerate(steps) if any(number == number for number in step)), len(path))
        return cls(steps, range(first, len(steps)), at, shown.cursor, path[at] if at < len(path) else None)


def _step(node: Node) -> Step:
    return Step(node.surprisal, node.entropy, node.kept or math.nan, node.kept_mass)


def _to_come(viewed: Viewed | None) -> Step:
    return Step() if viewed is None else Step(math.nan, viewed.entropy.raw, viewed.kept or math.nan, viewed.kept_mass)


class _View(NamedTuple):
    """One of the views: a bar for each token, and the entropy as a line or not."""

    title: str
    axis: str
    """Name of the y axis."""
    bar: str
    colour: Colour
    value: Callable[[Step], float]
    text: Callable[[float], str]
    """A value in the legend."""
    line: bool = False


_BITS = _View("Along the text: bits", "bits", "surprisal", "bar", lambda step: step.surprisal,
              lambda bits: f"{bits:.2f}", line=True)  # fmt: skip
_VIEWS = (
    _BITS,
    _View("Along the text: kept", "kept", "kept", "live", lambda step: step.kept, lambda kept: f"{kept:,.0f}"),
    _View("Along the text: kept mass", "mass", "kept", "live", lambda step: step.mass,
          lambda mass: f"{percent(mass)} %"),
)  # fmt: skip


@dataclass(frozen=True)
class TextPlot:
    """A bar for each token of the branch. The screen knows its numbers, so the engine is not asked."""

    view: int = 0
    """Index of the view."""
    range: TokenRange = ALL
    id = "text"
    help = HELP

    @property
    def title(self) -> str:
        """What is drawn along the text."""
        return _VIEWS[self.view].title

    def request(self, size: Size) -> PlotRequest | None:
        """Nothing is asked."""
        return None

    def data(self, shown: Shown) -> Text | None:
        """The text."""
        return Text.of(shown)

    def moved(self, move: Move, text: Text) -> TextPlot:
        """Show the next view, or another part of the text."""
        if move == "view":
            return replace(self, view=(self.view + 1) % len(_VIEWS))
        return replace(self, range=self.range.moved(move, text.known, text.selected, text.cursor))

    def legend(self, text: Text, width: int) -> Content:
        """What bars and line are, with their values at the marked token, and that token."""
        return fitting(list(_legend(_VIEWS[self.view], text)), width)

    def draw(self, text: Text, size: Size) -> list[list[Run]]:
        """Draw the line, the bars, the mark of the cursor, and the axes."""
        view, rows = _VIEWS[self.view], canvas_rows(size.height)
        axis = self.range.axis(text.known, text.selected, text.cursor, canvas_columns(size.width))
        heights = _heights(view, text.steps, rows)
        canvas = Canvas(axis.columns, rows)
        if view.line:
            _draw_line(canvas, axis, [_bits(step.entropy) for step in text.steps], heights)
        drawn = _draw_bars(canvas, axis, view, text, heights)
        if not drawn and not any(canvas.busy(row) for row in range(rows)):
            canvas.put(max(0, (axis.columns - len(NOTHING)) // 2), rows // 2, NOTHING[: axis.columns], "quiet")
        labels = _mark_selected(canvas, axis, text.selected)
        if view.line:
            canvas.put(0, heights.eighths(MANY_BITS) // 8, "┈" * axis.columns, "quiet")
        named = y_axis(heights.ticks)
        return [
            line_above(view.axis, labels, axis.columns),
            *([("quiet", named.get(row, UNNAMED)), *canvas.runs(row)] for row in reversed(range(rows))),
            *x_axis(axis.ticks(), ("token",), axis.columns, size.height),
        ]


def _legend(view: _View, text: Text) -> Iterator[Content]:
    step = text.steps[text.selected]
    if view.line:
        yield Content.styled(" ".join(["━ entropy", *_told(step.entropy, view.text)]), "$live")
    yield Content.styled(" ".join([f"█ {view.bar}", *_told(view.value(step), view.text)]), f"${view.colour}")
    if text.token is not None:
        node = text.token
        yield Content(f"at {quoted(printable_token(node.piece, node.token, node.special))}")
    else:
        yield Content("at the step to come")


def _told(value: float, text: Callable[[float], str]) -> list[str]:
    return [text(value)] if math.isfinite(value) else []


class _Heights(NamedTuple):
    """The y axis: where values lie, and its ticks."""

    eighths: Callable[[float], int]
    """The height of a value in eighths of a cell."""
    ticks: list[Tick]


def _heights(view: _View, steps: Sequence[Step], rows: int) -> _Heights:
    """An axis for all steps, those out of sight too, so that it stays as it is when a person pans."""
    if view.axis == "kept":
        return _kept_heights([step.kept for step in steps if step.kept == step.kept], rows)
    known = [_bits(bits) for step in steps for bits in step[:2] if math.isfinite(bits)]
    top = max(MANY_BITS + 2, 2 * math.ceil(max(known, default=0.0) / 2)) if view.line else 1.0
    axis = EvenAxis.of(0.0, top, rows)
    return _Heights(lambda value: round(2 * axis.dot(value)), axis.ticks())


def _kept_heights(counts: Sequence[float], rows: int) -> _Heights:
    """A logarithmic axis, with ticks at powers of ten."""
    top = max(1.0, math.log10(min(max(counts, default=1.0), _MOST_KEPT)))
    axis = EvenAxis.of(0.0, top, rows, [step for step in (1.0, 2.0, 3.0) if step <= top])
    ticks = [Tick(axis.row(power), short_count(10 ** round(power))) for power in axis.values()]
    return _Heights(lambda count: round(2 * axis.dot(math.log10(count))), ticks)


def _bits(bits: float) -> float:
    return min(bits, _MOST_BITS)


def _draw_line(canvas: Canvas, axis: TokenAxis, values: Sequence[float], heights: _Heights) -> None:
    """Draw the known values as a line, which is broken where one is not known; of tokens on one dot the highest."""
    inside = range(max(0, axis.first), min(len(values), axis.first + axis.length))
    pen: Pen = "thin" if axis.length > axis.columns else "thick"
    for known, run in groupby(inside, lambda index: math.isfinite(values[index])):
        dots = groupby(run, lambda index: round(axis.dot(index))) if known else ()
        points = [(dot, heights.eighths(max(values[index] for index in shared)) / 2) for dot, shared in dots]
        if points:
            canvas.curve([x for x, _ in points], [y for _, y in points], pen, "live")


def _draw_bars(canvas: Canvas, axis: TokenAxis, view: _View, text: Text, heights: _Heights) -> bool:
    """Draw a bar for each token with a known value; False if there is none in sight."""
    values, drawn = [view.value(step) for step in text.steps], False
    for column in range(axis.columns):
        indices = axis.indices(column)
        value = highest(values, indices)
        if value is None:
            continue
        drawn = True
        colour: Colour = "foreground" if text.selected in indices else view.colour
        eighths = heights.eighths(_bits(value) if view.line else value)
        for row in range(-(-eighths // 8)):
            canvas.put(column, row, _EIGHTHS[min(8, eighths - 8 * row)], colour)
    return drawn


def _mark_selected(canvas: Canvas, axis: TokenAxis, selected: int) -> list[tuple[Colour, Placed]]:
    """Draw the mark of the token after the cursor, if it is in sight, and return its label."""
    if not axis.first <= selected < axis.first + axis.length:
        return []
    column = axis.column(selected)
    canvas.column_line(column, "│", "foreground")
    label = Label(column, (f"token {selected + 1:,}", f"{selected + 1:,}"))
    return [("foreground", placed) for placed in place_all([label], [], axis.columns).values()]
