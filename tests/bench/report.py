"""What a benchmark prints: a figure, and the bar it is meant to reach on a quiet machine."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


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
        """At its bar."""
        return self.value >= self.bar if self.least else self.value <= self.bar

    def line(self) -> str:
        """`name  value unit  (bar)`."""
        sign = "≥" if self.least else "≤"
        mark = "" if self.ok else "  missed"
        return f"{self.name:<58}{self.value:>10.3f} {self.unit:<4}  bar {sign} {self.bar:g}{mark}"


def p95(values: Sequence[float]) -> float:
    """The value that 95 of 100 do not pass."""
    return sorted(values)[max(0, round(0.95 * len(values)) - 1)]


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def show(figures: Iterable[Figure]) -> None:
    """Print each as it comes."""
    for figure in figures:
        print(figure.line(), flush=True)
