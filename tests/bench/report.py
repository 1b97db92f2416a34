"""What a benchmark prints: a figure, its bar, and whether it is over three times the bar."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SLACK = 3
"""Machines differ and are shared: only a figure this many times over its bar fails a check."""


@dataclass(frozen=True)
class Figure:
    """One measured number. `least` turns the bar round: at least so much."""

    name: str
    value: float
    bar: float
    unit: str
    least: bool = False

    @property
    def ok(self) -> bool:
        """Within three times the bar."""
        return self.value >= self.bar / SLACK if self.least else self.value <= self.bar * SLACK

    def line(self) -> str:
        """`name  value unit  (bar)`."""
        sign = "≥" if self.least else "≤"
        mark = "" if self.ok else "  OVER"
        return f"{self.name:<58}{self.value:>10.3f} {self.unit:<4}  bar {sign} {self.bar:g}{mark}"


def p95(values: Sequence[float]) -> float:
    """The value that 95 of 100 do not pass."""
    return sorted(values)[max(0, round(0.95 * len(values)) - 1)]


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def show(figures: Iterable[Figure]) -> bool:
    """Print each as it comes; True if all are within three times their bars."""
    ok = True
    for figure in figures:
        print(figure.line(), flush=True)
        ok &= figure.ok
    return ok
