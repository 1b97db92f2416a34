"""The arithmetic of a slider: converts values to positions on the track and back, linear or logarithmic."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tui.core.parameters import Parameter

ZERO_WIDTH = 0.04
"""Share of the track for the value 0 at the left end of a logarithmic scale."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` to `high` in steps; on a log scale the step is a fraction of the power of ten below the value.

    So a log step of 0.1 changes the second digit: 50, 51 … 99, 100, 110. `zero` adds the value 0 left of `low`.
    """

    low: float
    high: float
    step: float
    log: bool = False
    integer: bool = False
    zero: bool = False

    @classmethod
    def of(cls, parameter: Parameter, vocabulary: int | None = None) -> Scale:
        """A parameter's scale; top-k's ends at the vocabulary size if known. ValueError if it has no slider."""
        track = parameter.track
        if track is None:
            raise ValueError(f"{parameter.name} has no slider")
        high = max(2, vocabulary) if track.to_vocabulary and vocabulary is not None else track.high
        return cls(track.low, high, track.step, track.log, parameter.integer, track.zero)

    def __post_init__(self) -> None:
        if not self.low < self.high or self.step <= 0 or (self.log and self.low <= 0):
            raise ValueError(f"not a scale: {self}")

    def beyond(self, value: float) -> int:
        """-1 for a value left of the scale, 1 for one right of it, 0 for one on it."""
        if value > self.high:
            return 1
        return -1 if value < self.low and not (self.zero and value == 0) else 0

    def clamp(self, value: float) -> float:
        """The nearest value on the scale."""
        if self.zero and value < self.low:
            return self._number(0 if value < self.low / 2 else self.low)
        return self._number(min(max(value, self.low), self.high))

    def position(self, value: float) -> float:
        """The position of a value, 0–1 from left to right; a value beyond the scale is at its end."""
        if self.zero and value <= 0:
            return 0.0
        inside = min(max(value, self.low), self.high)
        if self.log:
            share = math.log(inside / self.low) / math.log(self.high / self.low)
        else:
            share = (inside - self.low) / (self.high - self.low)
        return ZERO_WIDTH + (1 - ZERO_WIDTH) * share if self.zero else share

    def value(self, position: float) -> float:
        """The value at a position 0–1, in whole steps; the ends are exactly `low` (or 0) and `high`."""
        if self.zero and position < ZERO_WIDTH / 2:
            return self._number(0)
        share = (position - ZERO_WIDTH) / (1 - ZERO_WIDTH) if self.zero else position
        if share <= 0:
            return self._number(self.low)
        if share >= 1:
            return self._number(self.high)
        raw = self.low * (self.high / self.low) ** share if self.log else self.low + share * (self.high - self.low)
        return self.clamp(self._snap(raw))

    def nudge(self, value: float, steps: int) -> float:
        """The value `steps` steps on. One beyond the scale moves to the scale's end, and not at all away from it."""
        side = self.beyond(value)
        if side:
            return value if side * steps > 0 else self.clamp(self.low if side < 0 else self.high)
        if self.zero and value == 0:
            return self._number(self.low) if steps > 0 else self._number(0)
        moved = self._snap(self._moved(value, steps))
        return self._number(0) if self.zero and moved < self.low else self.clamp(moved)

    def _moved(self, value: float, steps: int) -> float:
        """The value `steps` steps on, before rounding; on a log scale it stops at the next power of ten."""
        quantum = self._quantum(value if steps > 0 else value * (1 - 1e-9))
        moved = value + steps * quantum
        if not self.log:
            return moved
        decade = 10.0 ** _decade(value if steps > 0 else value * (1 - 1e-9))
        return min(moved, 10 * decade) if steps > 0 else max(moved, decade)

    def _quantum(self, value: float) -> float:
        """The distance between neighbouring values at `value`."""
        quantum = self.step * 10.0 ** _decade(value) if self.log else self.step
        return max(quantum, 1.0) if self.integer else quantum

    def _snap(self, value: float) -> float:
        if value <= 0:
            return value
        quantum = self._quantum(value)
        return round(round(value / quantum) * quantum, _decimals(quantum))

    def _number(self, value: float) -> float:
        return round(value) if self.integer else float(value)

    @property
    def decimals(self) -> int:
        """Decimals of the finest step; numbers with so many decimals show every value on the scale exactly."""
        return 0 if self.integer else _decimals(self._quantum(self.low))


def _decade(value: float) -> int:
    return math.floor(math.log10(value) + 1e-12) if value > 0 else 0


def _decimals(quantum: float) -> int:
    return max(0, -math.floor(math.log10(quantum) + 1e-9))
