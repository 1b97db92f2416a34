"""What each stage of the chain does to one step: candidates before and after, probability removed, entropy after."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.geometry import Size

from tui.core.order import order_text
from tui.core.settings import order_in_force
from tui.protocol import PlotRequest, Viewed
from tui.widgets.candidate_columns import bar
from tui.widgets.cuts import stage_name
from tui.widgets.numbers import percent
from tui.widgets.plots.plot import Move, Run, Shown, answered, fitting
from tui.widgets.plots.series import series

HELP = """\
# What each stage does

The stages in force on this step, in the order in which they run; the first line is the model's own distribution.

- *candidates* how many the stage gets → how many it leaves; one number if it removes none
- *removed* how much of the probability that the stage got its removed candidates had; `–` for none
- *entropy* of what the stage leaves, in bits, as a number and a bar. Penalties and temperature change it and remove
  nothing. 2 to the entropy is how many equally probable tokens would be as uncertain
- `⚑` transformers' default, which nobody asked for
- `?` what a server's best tokens do not decide

With the focus on the plot, page up and page down go through a chain that is longer than the pane; `home` goes back.
"""
_RAW = {"logits": "raw"}
"""The name of what is no stage."""
_HEAD = ("stage", "candidates", "removed", "entropy, bits")
_SHORT_HEAD = ("stage", "left", "removed", "bits")
"""The names of columns that have less room."""
_SHORTEST_NAME, _LONGEST_NAME = 8, 24
"""Cells of the column of names: fewer only in the narrowest pane, more never."""
_REMOVED, _BITS, _LEAST_BAR = 8, 5, 6
"""Widths of the columns of shares, of entropies and, at least, of bars."""
_ARROW = " → "
_GAP = 2


class Effect(NamedTuple):
    """What one stage does; NaN for what is not certain."""

    name: str
    before: float
    after: float
    removed: float
    entropy: float


@dataclass(frozen=True)
class Stages:
    """A line for each stage of the chain."""

    first: int = 0
    """How many lines are scrolled away."""
    id = "stages"
    title = "What each stage does"
    help = HELP

    def request(self, size: Size) -> PlotRequest:
        """Ask for all stages."""
        return PlotRequest(self.id, width=1)

    def data(self, shown: Shown) -> Viewed | None:
        """The view that holds the numbers."""
        return answered(shown, self.id)

    def moved(self, move: Move, viewed: Viewed) -> Stages:
        """Scroll by one line, or back."""
        if move in ("left", "right"):
            last = len(_effects(viewed)) - 1
            return replace(self, first=min(max(0, self.first + (1 if move == "right" else -1)), last))
        return Stages() if move == "whole" else self

    def legend(self, viewed: Viewed, width: int) -> Content:
        """The order of the stages, and what a question mark means if there is one."""
        parts = [Content(order_text(order_in_force(viewed.settings)))]
        if any(math.isnan(number) for effect in _effects(viewed) for number in effect[1:]):
            parts.append(Content("? not decided by the tokens told"))
        return fitting(parts, width)

    def draw(self, viewed: Viewed, size: Size) -> list[list[Run]]:
        """A heading, and a line for each stage; the last line says how many more there are."""
        effects = _effects(viewed)
        columns = _Columns.of(effects, size.width)
        room = size.height - 1
        first = max(0, min(self.first, len(effects) - room))
        shown = effects[first : first + room]
        rows = [columns.line(effect) for effect in shown]
        if more := len(effects) - first - len(shown):
            rows[-1] = [("quiet", f"… {more + 1} more: page down".ljust(size.width)[: size.width])]
        blank: list[list[Run]] = [[("quiet", " " * size.width)]] * (room - len(rows))
        return [columns.heading(), *rows, *blank]


def _effects(viewed: Viewed) -> list[Effect]:
    """The model's own distribution and the stages, in the order of the chain."""
    assert viewed.plot is not None
    effects = []
    for stage in viewed.plot.series:
        before, after, removed, entropy = series(viewed.plot, stage)
        effects.append(Effect(_RAW.get(stage) or stage_name(stage, viewed.settings), before, after, removed, entropy))
    return effects


def _count(count: float) -> str:
    return "?" if math.isnan(count) else f"{count:,.0f}"


class _Columns(NamedTuple):
    """The widths of the columns in a pane; 0 for a column that it has no room for."""

    width: int
    name: int
    counts: int
    before: int
    removed: int
    bar: int
    most: float
    """The highest entropy, whose bar is the longest."""

    @classmethod
    def of(cls, effects: Sequence[Effect], width: int) -> _Columns:
        """Drop the bars first, then the counts before, then the shares."""
        name = min(_LONGEST_NAME, max(cell_len(effect.name) for effect in effects))
        count = max(len(_count(number)) for effect in effects for number in effect[1:3])
        most = max((effect.entropy for effect in effects if math.isfinite(effect.entropy)), default=0.0)
        both = max(count + len(_ARROW), len(_HEAD[1]) - count)
        count = max(count, len(_SHORT_HEAD[1]))
        tries = [(both, _REMOVED, _LEAST_BAR), (both, _REMOVED, 0), (0, _REMOVED, 0)]
        for before, removed, bars in tries:
            rest = width - name - count - before - removed - _BITS - bars - 3 * _GAP - bool(bars)
            if rest >= 0:
                return cls(width, name, count, before, removed, bars + rest if bars else 0, most)
        return cls(width, max(_SHORTEST_NAME, width - count - _BITS - 2 * _GAP), count, 0, 0, 0, most)

    def heading(self) -> list[Run]:
        """The names of the columns."""
        names = [_HEAD[at] if has else _SHORT_HEAD[at] for at, has in enumerate((True, self.before, True, self.bar))]
        stage, candidates, removed, entropy = names
        cells = [stage.ljust(self.name), candidates.rjust(self.before + self.counts)]
        cells += [removed.rjust(self.removed)] if self.removed else []
        cells += [entropy if self.bar else entropy.rjust(_BITS)]
        return [("quiet", (" " * _GAP).join(cells).ljust(self.width)[: self.width])]

    def line(self, effect: Effect) -> list[Run]:
        """The line of one stage."""
        return list(_cut(self._runs(effect), self.width))

    def _runs(self, effect: Effect) -> Iterator[Run]:
        removes = effect.before != effect.after  # also if one of them is not known
        before = f"{_count(effect.before)}{_ARROW}" if removes else ""
        gap = " " * _GAP
        yield "foreground", set_cell_size(effect.name, self.name) + gap
        yield "quiet", before.rjust(self.before) if self.before else ""
        yield "foreground", _count(effect.after).rjust(self.counts) + gap
        if self.removed:
            yield "cut" if removes else "quiet", _share(effect.removed, removes=removes).rjust(self.removed) + gap
        yield "live", f"{effect.entropy:.2f}".rjust(_BITS) if math.isfinite(effect.entropy) else "?".rjust(_BITS)
        yield "bar", f" {self._bar(effect.entropy)}" if self.bar else ""

    def _bar(self, entropy: float) -> str:
        return bar(entropy / self.most, self.bar) if math.isfinite(entropy) and self.most > 0 else " " * self.bar


def _share(removed: float, *, removes: bool) -> str:
    if math.isnan(removed):
        return "?"
    return f"{percent(removed)} %" if removes else "–"


def _cut(runs: Iterator[Run], width: int) -> Iterator[Run]:
    """The runs in exactly `width` cells."""
    for colour, text in runs:
        fits = set_cell_size(text, min(cell_len(text), width))
        width -= cell_len(fits)
        if fits:
            yield colour, fits
    yield "quiet", " " * width
