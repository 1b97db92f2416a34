"""What each of the compared settings goes on to write, beside each other, and the measures of each text."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest

from rich.style import Style
from rich.text import Text

from tui.core.continuing import GrowingText, first_apart
from tui.core.story import Node
from tui.widgets.candidate_columns import fit
from tui.widgets.compare_table import NOTHING, UNKNOWN, WAITING
from tui.widgets.story_layout import Layout, Line

Texts = Sequence[GrowingText | None]
"""A text for each column, in order; None where nobody has asked for one."""
_ENDS = {"eos": "ended", "stop_string": "ended", "context": "context full", "stopped": "stopped"}
"""Why a text is shorter than asked for."""


class CompareTexts:
    """Lays the texts out in columns. A text that grows is laid out anew in its last line only."""

    def __init__(self) -> None:
        self._layouts: list[Layout] = []

    def lines(self, texts: Texts, first: int, each: int, apart: str | Style) -> list[Text]:
        """The texts' lines beside each other, behind `first` blank cells, `each` cells a column.

        `apart`: the look of the first token in which a text differs from the first one.
        """
        self._layouts += [Layout() for _ in texts[len(self._layouts) :]]
        columns = [self._column(index, text, each, _apart_at(texts, index), apart) for index, text in enumerate(texts)]
        return [
            Text.assemble(" " * first, *(cell or " " * each for cell in row), no_wrap=True, end="")
            for row in zip_longest(*columns)
        ]

    def _column(
        self, index: int, text: GrowingText | None, each: int, apart_at: int | None, apart: str | Style
    ) -> list[Text]:
        if text is None or text.problem:
            problem = "" if text is None else text.problem
            return [Text(fit(f" {line}", each), "dim") for line in textwrap.wrap(problem, each - 2)]
        layout = self._layouts[index]
        layout.resize(each - 1)
        _take(layout, text.nodes)
        marked = None if apart_at is None else _first_drawn(layout.lines, apart_at)
        return [_cell(line, each, marked, apart) for line in layout.lines if line.glyphs]

    def height(self, texts: Texts) -> int:
        """How many lines the text that grows has, or the longest one if none does."""
        heights = [sum(bool(line.glyphs) for line in layout.lines) for layout in self._layouts[: len(texts)]]
        growing = [at for at, text in enumerate(texts) if text is not None and text.nodes and not text.ended]
        return heights[growing[-1]] if growing else max(heights, default=0)


def _first_drawn(lines: Sequence[Line], start: int) -> int | None:
    """The first token from index `start` on that has a sign on screen: one inside a character has none."""
    glyphs = (glyph for line in lines for glyph in line.glyphs)
    return next((glyph.node for glyph in glyphs if glyph.node >= start and not glyph.blank), None)


def _take(layout: Layout, nodes: Sequence[Node]) -> None:
    """Let a layout have these nodes; those that it has already are not laid out again."""
    known = layout.nodes
    same = next((at for at, (one, two) in enumerate(zip(known, nodes, strict=False)) if one is not two), None)
    start = min(len(known), len(nodes)) if same is None else same
    if start < len(known) or start < len(nodes):
        layout.update(list(nodes), start)


def _cell(line: Line, each: int, marked: int | None, apart: str | Style) -> Text:
    cell = Text(" ")
    for glyph in line.glyphs:
        look = apart if glyph.node == marked and not glyph.blank else "dim" if glyph.newline else ""
        cell.append(glyph.text, look)
    cell.append(" " * max(0, each - 1 - sum(glyph.width for glyph in line.glyphs)))
    return cell


def _apart_at(texts: Texts, index: int) -> int | None:
    """The index of the first token in which a text differs from the first one; None as far as it does not."""
    first, text = texts[0], texts[index]
    return None if first is None or text is None else first_apart(first.nodes, text.nodes)


def progress(texts: Texts) -> list[str]:
    """How far each text is: `12 of 32 …`, `32 tokens`, `12 · ended`."""
    return [NOTHING if text is None else _progress(text) for text in texts]


def _progress(text: GrowingText) -> str:
    count = len(text.nodes)
    if text.problem:
        return NOTHING
    if not text.ended:
        return f"{count:,} of {text.wanted:,} {WAITING}" if count else WAITING
    return f"{count:,} · {_ENDS[text.reason]}" if text.reason in _ENDS else f"{count:,} tokens"


def measures(texts: Texts) -> Iterator[tuple[str, list[str]]]:
    """(name, a value for each text): mean surprisal, perplexity, distinct-2, where a text leaves the first one."""

    def told(tell: Callable[[GrowingText], str]) -> list[str]:
        return [NOTHING if text is None or not text.nodes else tell(text) for text in texts]

    yield "mean surprisal", told(lambda text: _number(text.measures.surprisal, "{:.3f} bits"))
    yield "perplexity", told(lambda text: _number(text.measures.perplexity, "{:,.2f}"))
    yield "distinct-2", told(lambda text: _number(text.measures.distinct_2, "{:.3f}"))
    if len(texts) > 1:
        yield "leaves A", [NOTHING, *(_leaves(texts, index) for index in range(1, len(texts)))]


def _number(value: float, form: str) -> str:
    return UNKNOWN if math.isnan(value) else "∞" if math.isinf(value) else form.format(value)


def _leaves(texts: Texts, index: int) -> str:
    """Where a text leaves the first one."""
    first, text = texts[0], texts[index]
    if first is None or text is None or not (first.nodes and text.nodes):
        return NOTHING
    at = _apart_at(texts, index)
    if at is not None:
        return f"at token {at + 1:,}"
    return "never" if first.ended and text.ended else WAITING
