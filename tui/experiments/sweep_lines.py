"""A sweep's measures as lines: JSON, CSV, or a table for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tui.core.grid import MEASURES, Grid, Measured, Sweep, varied
from tui.core.records import dumps
from tui.core.settings import Settings, Value
from tui.core.sweep_text import csv_lines, json_line, measure_text
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
    return csv_lines(rows, texts=sweep.texts) if form == "csv" else _table_lines(rows, sweep.grid, texts=sweep.texts)


def _json_lines(rows: Iterable[Measured], *, texts: bool) -> Iterator[str]:
    """One object a setting; an error is the last one, and goes on to be said."""
    try:
        for row in rows:
            yield json_line(row, texts=texts)
    except RunError as error:
        yield dumps(error_record(error))
        raise


def _table_lines(rows: Iterable[Measured], grid: Grid, *, texts: bool) -> Iterator[str]:
    """A head, then one line a setting: what varies, and the measures; its texts below it."""
    names = varied(grid)
    widths = [max(len(name), 6) for name in names]
    yield _line([*zip(names, widths, strict=True), *((_HEADS[name], len(_HEADS[name])) for name in MEASURES)])
    for row in rows:
        cells = [(_shown(row.settings, name), width) for name, width in zip(names, widths, strict=True)]
        yield _line([*cells, *((measure_text(getattr(row, name)), len(_HEADS[name])) for name in MEASURES)])
        if texts:
            yield from (f"  {row.seed + index}  {_one_line(text)}" for index, text in enumerate(row.texts))


def _line(cells: Iterable[tuple[str, int]]) -> str:
    return "  ".join(f"{text:>{width}}" for text, width in cells)


def _shown(settings: Settings, name: str) -> str:
    value: Value = settings[name].value
    return "off" if value is None else f"{value:g}"


def _one_line(text: str) -> str:
    from tui.core.printable import printable

    return printable(text, space=" ")
