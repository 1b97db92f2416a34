"""The dialog that lists the story's branches, with the settings each was drawn under."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.core.printable import printable_bytes
from tui.explorer.branches import Branch

_HINT = "⏎ shows it · esc closes"
_WIDTH = 100
"""Width of the dialog in cells, if there is room."""
_SOME = 64
"""How many of a branch's own tokens are shown."""


class BranchesScreen(ModalScreen[int | None]):
    """Its result is the last node of the chosen branch, or None."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,A", "dismiss(None)", "close"),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
    ]

    def __init__(self, branches: Sequence[Branch], here: int) -> None:
        """`here`: the number of the branch on screen."""
        super().__init__()
        self._branches, self._here = branches, here

    def compose(self) -> ComposeResult:
        """Two lines a branch: its settings, and where its own text begins."""
        with Vertical(classes="dialog wide") as box:
            box.border_title = "Branches"
            box.border_subtitle = _HINT
            yield OptionList(*(Option(self._described(branch)) for branch in self._branches), compact=True)

    def on_mount(self) -> None:
        """Highlight the branch on screen."""
        self.query_one(OptionList).highlighted = max(0, self._here - 1)

    def _described(self, branch: Branch) -> Text:
        own = branch.path[branch.fork :] if branch.fork else branch.drawn or branch.path
        words = printable_bytes(b"".join(node.piece for node in own[:_SOME]), space=" ") if own else ""
        here = "▸" if branch.number == self._here else " "
        parts = [
            f"{len(branch.drawn):,} new",
            f"leaves at token {branch.fork + 1:,}" if branch.fork else "",
            branch.settings,
        ]
        lines = [Text(f"{here}{branch.number:>3}  {' · '.join(filter(None, parts))}"), Text(f"      {words}", "dim")]
        for line in lines:
            line.truncate(min(_WIDTH, self.app.size.width * 96 // 100) - 6, overflow="ellipsis")
        return Text("\n").join(lines)

    def action_down(self) -> None:
        """A branch down."""
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        """A branch up."""
        self.query_one(OptionList).action_cursor_up()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Choose a branch."""
        self.dismiss(self._branches[event.option_index].tip)
