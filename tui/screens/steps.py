"""The dialog that lists every token of the branch with its numbers, in the order of any of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import DataTable, Static

from tui.core.story import How, Node
from tui.core.tokens import printable_token
from tui.explorer.branches import settings_text
from tui.widgets.numbers import aligned, percent
from tui.widgets.story_spans import CHANGED

_HINT = "⏎ goes there · s sorts by the next column · esc closes"
_TOKEN = {True: 22, False: 14}
"""Width of the token column, in a wide and in a narrow terminal."""


class Column(NamedTuple):
    """A column: its heading, its text for a node, and its value for sorting, the smallest first."""

    name: str
    text: Callable[[Node], str]
    value: Callable[[Node], float]


def _number(value: float, text: str) -> str:
    return text if math.isfinite(value) else "–"


COLUMNS: tuple[Column, ...] = (
    Column("#", lambda node: f"{node.position + 1:,}", lambda node: node.position),
    Column("bits", lambda node: _number(node.surprisal, f"{node.surprisal:.1f}"), lambda node: -node.surprisal),
    Column("rank", lambda node: f"{node.rank:,}" if node.rank else "–", lambda node: -node.rank),
    Column("raw %", lambda node: _number(node.raw, aligned(percent(node.raw), 3, 4)), lambda node: node.raw),
    Column("entropy", lambda node: _number(node.entropy, f"{node.entropy:.2f}"), lambda node: -node.entropy),
    Column("kept", lambda node: f"{node.kept:,}" if node.kept else "–", lambda node: -node.kept),
)
"""The columns of numbers; the token comes after the first, how it was chosen at the end."""
_HOW = {How.CHOSEN: "taken by you", How.GREEDY: "greedy", How.SAMPLED: "drawn", How.PROMPT: "prompt"}


class StepsScreen(ModalScreen[int | None]):
    """Its result is the index in the branch of the chosen token, or None."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,L", "dismiss(None)", "close"),
        Binding("s", "sort", "sort"),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
    ]

    def __init__(self, branch: Sequence[Node], at: int) -> None:
        """`at`: index in the branch of the token that the cursor is before. Tokens without numbers are left out."""
        super().__init__()
        self._rated = [index for index, node in enumerate(branch) if math.isfinite(node.surprisal)]
        self._branch, self._at = branch, at
        self._sorted = COLUMNS[0]

    def compose(self) -> ComposeResult:
        """The table."""
        with Vertical(classes="dialog wide tall") as box:
            box.border_title = "Steps"
            box.border_subtitle = _HINT
            yield DataTable[Any](cursor_type="row", zebra_stripes=False)
            yield Static(classes="hint", markup=False)

    def on_mount(self) -> None:
        """Fill the table; the token at the cursor is highlighted."""
        table = self.query_one(DataTable)
        for column in COLUMNS:
            table.add_column(Text(column.name, justify="right"), key=column.name)
            if column is COLUMNS[0]:
                table.add_column("token", width=_TOKEN[self.app.size.width >= 100], key="token")
        table.add_column("how", key="how")
        self._fill()

    def _fill(self) -> None:
        table = self.query_one(DataTable)
        table.clear()
        order = sorted(self._rated, key=lambda at: self._key(self._branch[at]))
        for index in order:
            table.add_row(*self._cells(index), key=str(index))
        before = sum(index < self._at for index in order) if self._sorted is COLUMNS[0] else 0
        table.move_cursor(row=min(before, max(0, len(order) - 1)))
        self.query_one(".dialog").border_title = f"Steps, by {self._sorted.name}"

    def _key(self, node: Node) -> tuple[bool, float]:
        """What is not known comes last."""
        value = self._sorted.value(node)
        return (math.isnan(value), 0.0 if math.isnan(value) else value)

    def _cells(self, index: int) -> list[Text]:
        node = self._branch[index]
        quiet = "dim" if node.how is How.PROMPT else ""
        numbers = [Text(column.text(node), quiet, justify="right") for column in COLUMNS]
        token = Text(printable_token(node.piece, node.token, node.special), quiet, no_wrap=True)
        before = self._branch[index - 1] if index else node
        changed = node.how is not How.PROMPT and (node.given, node.seed) != (before.given, before.seed)
        how = _HOW[node.how] + f" {CHANGED}" * changed
        return [numbers[0], token, *numbers[1:], Text(how, "dim", no_wrap=True)]

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Say under which settings the highlighted token came up."""
        node = self._branch[int(event.row_key.value or 0)]
        said = "" if node.how is How.PROMPT else f"token {node.position + 1:,}: {settings_text(node.given, node.seed)}"
        self.query_one(".hint", Static).update(Text(said))

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._sort(COLUMNS[(COLUMNS.index(self._sorted) + 1) % len(COLUMNS)])

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """Sort by the clicked column."""
        found = next((column for column in COLUMNS if column.name == event.column_key.value), None)
        if found is not None:
            self._sort(found)

    def _sort(self, column: Column) -> None:
        self._sorted = column
        self._fill()

    def action_down(self) -> None:
        """A row down."""
        self.query_one(DataTable).action_cursor_down()

    def action_up(self) -> None:
        """A row up."""
        self.query_one(DataTable).action_cursor_up()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Choose a token."""
        self.dismiss(int(event.row_key.value or 0))
