"""Axes of a plot: where values lie on a canvas of braille dots, and which of them are labelled. Pure arithmetic.

A cell is two dots wide and four dots high. Every line, tick, mark and curve of a plot takes its cell from the same
axis, so that each lies on its value. Columns are counted from the left, rows from the bottom.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

ACROSS, DOWN = 2, 4
"""Dots of a cell."""
_MIDDLE = 2
"""The dot of a cell, counted from below, on which the value of a tick lies: beside the middle of its label."""
_PRECISION = 8
"""Decimals at which plotext rounds a dot before it takes the floor."""
_APART = 12
"""Columns between two round ranks on a linear axis, at least."""
_ROOMY = 6
"""Rows between two powers of ten from which 2 and 5 are labelled too."""
_STEPS: Mapping[float, tuple[float, ...]] = {
    0.0: (1.0, 0.5, 0.25, 0.2, 0.1),
    0.5: (0.5, 0.25, 0.1, 0.05),
    0.8: (0.2, 0.1, 0.05, 0.02),
    0.9: (0.1, 0.05, 0.02, 0.01),
    0.98: (0.02, 0.01, 0.005, 0.002),
}
"""The floors of a probability axis, and the steps that lead from each to 1.00. Few floors, so that the axis rarely
jumps while a slider moves."""
_FEW_TICKS, _TOUCHING, _MANY_TICKS, _FAR = 1.5, 2.0, 0.5, 0.3
"""What it costs, in rows left unused, if an axis has no tick between its ends; if its ticks lie on adjacent rows; for
each tick over six; for each row over five between two ticks."""


class Tick(NamedTuple):
    """A labelled cell of an axis: its column or row."""

    cell: int
    label: str


def nearest(dot: float) -> int:
    """The whole dot of a position, rounded as plotext rounds it."""
    return math.floor(round(dot + 0.5, _PRECISION))


class LogAxis(NamedTuple):
    """A logarithmic axis of values from `low` to `high` over a canvas's columns."""

    columns: int
    low: float
    high: float

    def dot(self, value: float) -> float:
        """The position of a value in dots, 0 at the first; values outside lie on the nearer end."""
        inside = min(max(value, self.low), self.high)
        return (ACROSS * self.columns - 1) * math.log(inside / self.low) / math.log(self.high / self.low)

    def column(self, value: float) -> int:
        """The canvas column of a value."""
        return nearest(self.dot(value)) // ACROSS

    def at(self, value: float, label: str) -> Tick:
        """A tick at a value."""
        return Tick(self.column(value), label)


class LinearAxis(NamedTuple):
    """A linear axis of values from `low` to `high` over a canvas's columns."""

    columns: int
    low: float
    high: float

    def dot(self, value: float) -> float:
        """The position of a value in dots, 0 at the first; values outside lie on the nearer end."""
        inside = min(max(value, self.low), self.high)
        return (ACROSS * self.columns - 1) * (inside - self.low) / (self.high - self.low)

    def column(self, value: float) -> int:
        """The canvas column of a value."""
        return nearest(self.dot(value)) // ACROSS

    def at(self, value: float, label: str) -> Tick:
        """A tick at a value."""
        return Tick(self.column(value), label)


RankAxis = LogAxis | LinearAxis


def rank_axis(columns: int, last: int, first: int = 1, scale: str = "log") -> RankAxis:
    """The axis of the ranks from `first` to `last`; a linear one of all ranks begins at 0, where a sum is 0."""
    last = max(first + 1, last)
    return LogAxis(columns, first, last) if scale == "log" else LinearAxis(columns, first if first > 1 else 0, last)


def rank_ticks(axis: RankAxis) -> list[Tick]:
    """The ticks of a rank axis in order of importance: round ranks, both ends, then 2 and 5 on a short log axis."""
    low, high = math.ceil(axis.low), math.floor(axis.high)
    round_ones = _powers(low, high) if isinstance(axis, LogAxis) else []
    between = [n * power for power in _powers(1, high) for n in (2, 5) if low < n * power < high]
    if not round_ones:
        round_ones, between = even_counts(low, high, max(1, axis.columns // _APART)), []
    ticks = [axis.at(rank, short_count(rank)) for rank in round_ones]
    ticks += [axis.at(rank, f"{rank:,}") for rank in (high, low) if rank not in round_ones]
    if len(round_ones) <= 2:
        ticks += [axis.at(rank, short_count(rank)) for rank in between]
    return list({tick.cell: tick for tick in reversed(ticks)}.values())[::-1]


def _powers(low: int, high: int) -> list[int]:
    """The powers of ten from `low` to `high`."""
    return [10**power for power in range(math.floor(math.log10(high)) + 1) if 10**power >= low]


def even_counts(low: int, high: int, most: int) -> list[int]:
    """Multiples of a round number from `low` to `high`: `most` steps between them, or fewer."""
    step = max(1, round(round_step((high - low) / most)))
    return list(range(-(-low // step) * step, high + 1, step))


def round_step(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is no less than `least` > 0."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= least * (1 - 1e-9))


def short_count(count: int) -> str:
    """A round count as text: `500`, `10k`, `2M`."""
    for size, letter in ((10**6, "M"), (10**3, "k")):
        if count >= size and count % size == 0:
            return f"{count // size}{letter}"
    return f"{count}"


class ShareAxis(NamedTuple):
    """An axis of probabilities from a floor to 1.00, with a tick every `spacing` rows."""

    low: float
    step: float
    """Difference of two ticks' values."""
    spacing: int
    """Rows from one tick to the next."""

    @classmethod
    def of(cls, least: float, rows: int) -> ShareAxis:
        """The axis over `rows` rows that begins at the highest floor under `least`, the least value drawn.

        A few of the rows may stay unused, above 1.00, so that the ticks are evenly spaced.
        """
        floor = max(floor for floor in _STEPS if floor <= max(0.0, least))
        axes = [cls(floor, step, (rows - 1) // round((1 - floor) / step)) for step in _STEPS[floor]]
        return min(reversed([axis for axis in axes if axis.spacing] or axes[:1]), key=lambda axis: axis._cost(rows))

    @property
    def intervals(self) -> int:
        """How many steps there are from the floor to 1.00."""
        return round((1 - self.low) / self.step)

    def _cost(self, rows: int) -> float:
        """How ill the axis fits `rows` rows."""
        unused = rows - 1 - self.intervals * self.spacing
        few = _FEW_TICKS * (self.intervals == 1) + _FAR * max(0, self.spacing - 5)
        return (
            unused
            + few
            + _TOUCHING * (self.intervals > 1 and self.spacing == 1)
            + _MANY_TICKS * max(0, self.intervals - 6)
        )

    def dot(self, value: float) -> float:
        """The position of a probability in dots, 0 at the bottom; probabilities outside lie on the nearer end."""
        inside = min(max(value, self.low), 1.0)
        return _MIDDLE + DOWN * self.spacing * (inside - self.low) / self.step

    def row(self, value: float) -> int:
        """The canvas row of a probability."""
        return nearest(self.dot(value)) // DOWN

    def ticks(self) -> list[Tick]:
        """The ticks from the floor to 1.00, each on the row of its value."""
        digits = 3 if self.step < 0.01 else 2
        values = [self.low + self.step * number for number in range(self.intervals + 1)]
        return [Tick(self.row(value), f"{value:.{digits}f}") for value in values]


class EvenAxis(NamedTuple):
    """A linear axis of any numbers, with a tick at every `step` from `low`, every `spacing` rows."""

    low: float
    high: float
    step: float
    spacing: int

    @classmethod
    def of(cls, low: float, high: float, rows: int, steps: Sequence[float] = ()) -> EvenAxis:
        """The axis from `low` to `high` that fits `rows` rows best, with one of `steps`, or of the round ones."""
        extent = high - low
        round_ones = [step for parts in (1, 2, 3, 5, 8, 10) if (step := round_step(extent / parts)) <= extent]
        axes = [cls(low, high, step, math.floor((rows - 1) * step / extent + 1e-9)) for step in steps or round_ones]
        return min([axis for axis in axes if axis.spacing] or axes[:1], key=lambda axis: axis._cost(rows))

    def _cost(self, rows: int) -> float:
        """How ill the axis fits `rows` rows."""
        used = (self.high - self.low) / self.step * self.spacing
        few = _FEW_TICKS * (self.step * 2 > self.high - self.low) + _FAR * max(0, self.spacing - 5)
        return rows - 1 - used + few + _TOUCHING * (self.spacing == 1)

    def dot(self, value: float) -> float:
        """The position of a number in dots, 0 at the bottom; numbers outside lie on the nearer end."""
        inside = min(max(value, self.low), self.high)
        return _MIDDLE + DOWN * self.spacing * (inside - self.low) / self.step

    def row(self, value: float) -> int:
        """The canvas row of a number."""
        return nearest(self.dot(value)) // DOWN

    def values(self) -> list[float]:
        """The numbers at the ticks."""
        count = math.floor((self.high - self.low) / self.step + 1e-9)
        return [self.low + self.step * number for number in range(count + 1)]

    def ticks(self) -> list[Tick]:
        """The ticks, each on the row of its value."""
        values = self.values()
        digits = next(
            digits for digits in range(9) if all(abs(round(value, digits) - value) < 1e-9 for value in values)
        )
        return [Tick(self.row(value), f"{value:.{digits}f}") for value in values]


class CountAxis(NamedTuple):
    """A logarithmic axis of counts over bars of block characters; a count of 1 is one cell high, so that it is seen."""

    spacing: int
    """Rows from one tick to the next."""
    powers: int
    """Powers of ten from one tick to the next."""

    @classmethod
    def of(cls, most: float, rows: int) -> CountAxis:
        """The axis on which the largest count comes nearest to the top of `rows` rows."""
        decades = math.log10(max(most, 10.0))
        axes = [cls(math.floor((rows - 1) * powers / decades + 1e-9), powers) for powers in range(1, 8)]
        fitting = [axis for axis in axes if axis.spacing]
        return max(fitting[:2], key=lambda axis: axis.spacing / axis.powers, default=cls(0, 1))

    def eighths(self, count: float) -> int:
        """A bar's height in eighths of a cell."""
        return round(8 * (1 + math.log10(count) * self.spacing / self.powers)) if count else 0

    def ticks(self, most: float) -> list[Tick]:
        """The ticks up to the largest count, each on the row in which its bar ends; far apart, 2 and 5 too."""
        powers = range(0, math.floor(math.log10(max(most, 1.0))) + 1, self.powers)
        between = (1, 2, 5) if self.powers == 1 and self.spacing >= _ROOMY else (1,)
        counts = [number * 10**power for power in powers for number in between]
        ticks = {(self.eighths(count) - 1) // 8: short_count(count) for count in counts if count <= max(most, 1.0)}
        return [Tick(row, label) for row, label in ticks.items()]
