"""A sweep's measures as lines: JSON, CSV, or a table for a person."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator

from tui.core.grid import MEASURES, Grid, Measured, Sweep, varied
from tui.core.records import dumps
from tui.core.settings import Settings, Value
from tui.errors import RunError
from tui.experiments.run import error_record

_HEADS = {
    "mean_logprob": "mean ln p", "perplexity": "perplexity", "distinct_1": "distinct-1", "distinct_2": "distinct-2",
    "distinct_3": "distinct-3", "self_bleu_4": "self-BLEU-4", "repetition_4": "repeated-4", "looping": "looping",
    "entropy_bits": "entropy",
}  # fmt: skip


def lines(rows: Iterable[Measured], sweep: Sweep, form: str) -> Iterator[str]:
    """The lines of a sweep in a form: json, csv or table. In JSON what it failed of is the last line too."""
    if form == "json":
        return _json_lines(rows, texts=sweep.texts)
    return _csv_lines(rows, texts=sweep.texts) if form == "csv" else _table_lines(rows, sweep.grid, texts=sweep.texts)


def _json_lines(rows: Iterable[Measured], *, texts: bool) -> Iterator[str]:
    """One object a setting; an error is the last one, and goes on to be said."""
    try:
        for row in rows:
            yield dumps(row.record(texts=texts))
    except RunError as error:
        yield dumps(error_record(error))
        raise


def _csv_lines(rows: Iterable[Measured], *, texts: bool) -> Iterator[str]:
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


def _table_lines(rows: Iterable[Measured], grid: Grid, *, texts: bool) -> Iterator[str]:
    """A head, then one line a setting: what varies, and the measures; its texts below it."""
    names = varied(grid)
    widths = [max(len(name), 6) for name in names]
    yield _line([*zip(names, widths, strict=True), *((_HEADS[name], len(_HEADS[name])) for name in MEASURES)])
    for row in rows:
        cells = [(_shown(row.settings, name), width) for name, width in zip(names, widths, strict=True)]
        yield _line([*cells, *((_number(getattr(row, name)), len(_HEADS[name])) for name in MEASURES)])
        if texts:
            yield from (f"  {row.seed + index}  {_one_line(text)}" for index, text in enumerate(row.texts))


def _line(cells: Iterable[tuple[str, int]]) -> str:
    return "  ".join(f"{text:>{width}}" for text, width in cells)


def _shown(settings: Settings, name: str) -> str:
    value: Value = settings[name].value
    return "off" if value is None else f"{value:g}"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3f}"


def _one_line(text: str) -> str:
    from tui.core.printable import printable

    return printable(text, space=" ")
