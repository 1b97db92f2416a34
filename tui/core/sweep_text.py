"""A sweep's measures as text: a line of JSON or of CSV for each setting, as the command prints it."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator

from tui.core.grid import Measured
from tui.core.records import dumps


def json_line(row: Measured, *, texts: bool) -> str:
    """A setting as one object, without its line break."""
    return dumps(row.record(texts=texts))


def csv_lines(rows: Iterable[Measured], *, texts: bool) -> Iterator[str]:
    """A head, then one line a setting: every setting's value, every measure, and the texts as a list in JSON.

    A number that is not known or not finite is an empty cell; so is the value of a setting that is off without one.
    """
    for first, row in enumerate(rows):
        record = row.record(texts=texts)
        if not first:
            numbers = [name for name in record if name not in ("type", "settings")]
            yield _csv_line([*row.settings, *numbers])
        values = [setting.value for setting in row.settings.values()]
        yield _csv_line([*map(_cell, values), *(_cell(record[name]) for name in numbers)])


def _csv_line(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, list):
        return dumps(value)
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def measure_text(value: float) -> str:
    """A measure with three decimals, without them from 1,000 on; – for one that is not known."""
    if not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3f}"
