"""The table of a sweep: a line for each setting that is measured, in the order of any column."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.text import Text

from tui.core.grid import Measured
from tui.core.labels import value_text
from tui.core.stages import PARAMETERS
from tui.core.sweep_text import measure_text

NUMBER = "number"
"""The column of the settings' numbers, which is the order of the grid."""
_GAP = "  "
_NUMBER_WIDTH = 3
_VALUE_WIDTH = 6
_LARGEST = 1e6


class Heading(NamedTuple):
    """A measure's name, in a wide and in a narrow table."""

    long: str
    short: str


HEADINGS: Mapping[str, Heading] = {
    "mean_logprob": Heading("mean ln p", "ln p"), "perplexity": Heading("perplexity", "perpl."),
    "distinct_1": Heading("distinct-1", "dist-1"), "distinct_2": Heading("distinct-2", "dist-2"),
    "distinct_3": Heading("distinct-3", "dist-3"), "self_bleu_4": Heading("self-BLEU-4", "s-BLEU"),
    "repetition_4": Heading("repeated-4", "rep-4"), "looping": Heading("looping", "loop"),
    "entropy_bits": Heading("entropy", "bits"),
}  # fmt: skip
"""Each measure by its name in the outputs, in the order of the table."""
SORTS = (NUMBER, *HEADINGS)
"""What the table can be sorted by, in the order in which a key goes through it."""
_DROPPED_FIRST = ("looping", "distinct_1", "distinct_3", "perplexity", "entropy_bits", "repetition_4", "self_bleu_4")
_NARROW = 7


@dataclass(frozen=True)
class SweepTable:
    """The table as a value: the same table is the same lines."""

    rows: Sequence[Measured]
    varied: Sequence[str]
    """The parameters that differ; a column for each."""
    sort: str = NUMBER
    descending: bool = False
    shown: Collection[str] = ()
    """Measures that are not dropped for want of room; the others are, where the table is narrow."""

    def ordered(self) -> list[Measured]:
        """The rows as sorted; what is not known comes last either way."""
        known = [row for row in self.rows if not math.isnan(self._value(row))]
        unknown = [row for row in self.rows if math.isnan(self._value(row))]
        return [*sorted(known, key=self._value, reverse=self.descending), *unknown]

    def _value(self, row: Measured) -> float:
        return float(getattr(row, self.sort))

    def head(self, width: int) -> Text:
        """The headings, the sorted one marked with its direction."""
        measures, narrow = self._measures(width)
        line = Text(self._mark(NUMBER, "#", _NUMBER_WIDTH), no_wrap=True)
        for name in self.varied:
            line.append(_GAP + f"{_parameter(name):>{self._value_width(name)}}")
        for name in measures:
            heading = HEADINGS[name].short if narrow else HEADINGS[name].long
            line.append(_GAP[narrow:] + self._mark(name, heading, _width(name, narrow)))
        return line

    def _mark(self, name: str, heading: str, width: int) -> str:
        """A heading, right-aligned; of the sorted column with an arrow before it."""
        arrow = ("↓" if self.descending else "↑") if name == self.sort else ""
        return f"{arrow + heading:>{width}}"

    def lines(self, width: int) -> list[Text]:
        """A line for each row, in order."""
        measures, narrow = self._measures(width)
        return [self._line(row, measures, narrow) for row in self.ordered()]

    def _line(self, row: Measured, measures: Sequence[str], narrow: bool) -> Text:
        line = Text(f"{row.number + 1:>{_NUMBER_WIDTH}}", no_wrap=True)
        for name in self.varied:
            line.append(_GAP + f"{value_text(name, row.settings[name].value):>{self._value_width(name)}}")
        for name in measures:
            line.append(_GAP[narrow:] + f"{_measure(getattr(row, name)):>{_width(name, narrow)}}")
        return line

    def _value_width(self, name: str) -> int:
        values = [len(value_text(name, row.settings[name].value)) for row in self.rows]
        return max(_VALUE_WIDTH, len(_parameter(name)), *values)

    def _measures(self, width: int) -> tuple[list[str], bool]:
        """The measures that fit into `width` cells, and whether their names must be short for that."""
        left = width - _NUMBER_WIDTH - sum(len(_GAP) + self._value_width(name) for name in self.varied)
        names = list(HEADINGS)
        if sum(len(_GAP) + _width(name, False) for name in names) <= left:
            return names, False
        droppable = [name for name in _DROPPED_FIRST if name not in (*self.shown, self.sort)]
        while droppable and sum(1 + _width(name, True) for name in names) > left:
            names.remove(droppable.pop(0))
        return names, True


def _width(name: str, narrow: bool) -> int:
    """Cells of a measure's column; wide ones have room for the arrow."""
    return _NARROW if narrow else len(HEADINGS[name].long) + 1


def _parameter(name: str) -> str:
    return PARAMETERS[name].label


def _measure(value: float) -> str:
    return f"{value:.1e}" if _LARGEST <= abs(value) < math.inf else measure_text(value)
