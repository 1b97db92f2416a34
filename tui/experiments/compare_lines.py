"""A comparison as a plain-text table: one column a setting, named A to D."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tui.core.labels import FLAG, value_text
from tui.core.printable import printable
from tui.core.records import Record
from tui.core.settings import Source
from tui.core.stages import PARAMETERS, STAGES
from tui.core.tokens import printable_token

NAME, COLUMN = 22, 15
"""Cells of the first column, and of each setting's."""
LETTERS = "ABCD"


def compare_lines(record: Record) -> Iterator[str]:
    """The lines for a comparison's record: settings, numbers, cuts, candidates, continuations."""
    sides = record["compared"]
    for letter, side in zip(LETTERS, sides, strict=False):
        yield f"{letter}  {printable(side['name'], space=' ')}"
    yield ""
    yield _line("", LETTERS[: len(sides)])
    settings = list(_setting_lines(sides))
    yield from settings
    if any(FLAG in line for line in settings):
        yield f"{FLAG} transformers' default, which neither you nor the model set"
    yield from _number_lines(sides)
    yield from _cut_lines(sides)
    yield ""
    yield _line("final %  (raw %)", LETTERS[: len(sides)]) + "  token"
    yield from map(_row, record["candidates"])
    yield from _continuation_lines(sides)


def _line(name: str, cells: Sequence[str]) -> str:
    return f"{name:<{NAME}}" + "".join(f"{cell:>{COLUMN}}" for cell in cells)


def _setting_lines(sides: Sequence[Record]) -> Iterator[str]:
    """The values of every parameter that acts under one of the settings, and of an order that somebody chose."""
    values = [{name: one["value"] for name, one in side["settings"].items()} for side in sides]
    acting = {one.name for stage in STAGES.values() for one in stage.parameters if any(map(stage.acts, values))}
    for name in ("do_sample", *PARAMETERS, "order"):
        settings = [side["settings"][name] for side in sides]
        chosen = name not in PARAMETERS and any(one["source"] != _UNSAID[name] for one in settings)
        if name in acting or chosen:
            yield _line(PARAMETERS[name].label if name in PARAMETERS else name, [_value(name, one) for one in settings])


_UNSAID: Mapping[str, Source] = {"do_sample": Source.SAMPLESCOPE, "order": Source.TRANSFORMERS}
"""Of settings besides the parameters: the source that need not be said."""


def _value(name: str, setting: Mapping[str, Any]) -> str:
    """A value, flagged if it is transformers' own, which nobody asked for."""
    text = str(setting["value"]) if name == "order" else value_text(name, setting["value"])
    unasked = setting["source"] == Source.TRANSFORMERS and name in PARAMETERS
    return f"{text} {FLAG}" if unasked and not PARAMETERS[name].is_off(setting["value"]) else text


def _number_lines(sides: Sequence[Record]) -> Iterator[str]:
    yield _line("kept", [_count(side["kept"]) for side in sides])
    yield _line("kept mass", [_percent(side["kept_mass"]) for side in sides])
    for label, key in (
        ("entropy", "entropy_bits"),
        ("… tempered", "tempered_entropy_bits"),
        ("… final", "final_entropy_bits"),
    ):
        yield _line(label, [_bits(side[key]) for side in sides])
    yield _line("overlap with A", [_number(side["overlap"], ".3f") for side in sides])
    yield _line("KL to A", [_bits(side["kl_bits"]) for side in sides])
    if any(side["kept_only_here"] for side in sides):
        yield _line("… kept, not in A", [_count(side["kept_only_here"]) for side in sides])


def _cut_lines(sides: Sequence[Record]) -> Iterator[str]:
    """What each cut leaves, and what it would keep alone where that is another number."""
    for stage in dict.fromkeys(name for side in sides for name in side["cutoffs"]):
        label = STAGES[stage].label if stage in STAGES else printable(stage, space=" ")
        yield _line(f"left by {label}", [_cut(side["cutoffs"].get(stage)) for side in sides])


def _cut(cut: Record | None) -> str:
    if cut is None:
        return "–"
    alone = "" if cut["alone"] in (None, cut["left"]) else f" ({cut['alone']:,})"
    return f"{_count(cut['left'])}{alone}"


def _row(row: Record) -> str:
    """A token's final probability under each setting; a removed one has the name of the stage that removes it."""
    cells = [_standing(one) for one in row["compared"]]
    piece = bytes.fromhex(row["bytes"])
    return _line(f"({_percent(row['raw'])})", cells) + f"  {printable_token(piece, row['id'], row['special'])}"


def _standing(one: Record) -> str:
    stage = one["removed_by"]
    if stage is None:
        return _percent(one["final"])
    return STAGES[stage].label if stage in STAGES else printable(stage, space=" ")[: COLUMN - 1]


def _continuation_lines(sides: Sequence[Record]) -> Iterator[str]:
    for letter, side in zip(LETTERS, sides, strict=False):
        if "continuation" in side:
            written = side["continuation"]
            yield ""
            yield f"{letter}  {len(written['ids']):,} tokens, {written['reason'].replace('_', ' ')}"
            yield printable(written["text"], space=" ")


def _number(value: float | None, form: str, unit: str = "") -> str:
    if value is None or math.isnan(value):
        return "?"
    return "∞" if math.isinf(value) else f"{value:{form}}{unit}"


def _count(value: int | None) -> str:
    return _number(value, ",")


def _percent(value: float | None) -> str:
    return _number(None if value is None else value * 100, ".3g", " %")


def _bits(value: float | None) -> str:
    return _number(value, ".3f", " bits")
