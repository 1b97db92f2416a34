"""The dialog that shows every continuation that one setting of a sweep has written."""

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

from tui.core.printable import printable

_HINT = "↑↓ choose · ⏎ uses these settings and this seed · esc closes"


class SweepTexts(ModalScreen[int | None]):
    """Its result is the index of the continuation whose seed is to be used, or None."""

    CSS_PATH = "sweep.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "close"),
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
    ]

    def __init__(self, title: str, texts: Sequence[str], seed: int) -> None:
        """`seed`: the first continuation's; each next one has the next."""
        super().__init__()
        self._title, self._texts, self._seed = title, texts, seed

    def compose(self) -> ComposeResult:
        """A paragraph for each continuation, after its seed."""
        with Vertical(id="texts") as box:
            box.border_title, box.border_subtitle = Text(self._title), _HINT
            yield OptionList(*map(self._option, range(len(self._texts))), compact=True)

    def _option(self, index: int) -> Option:
        line = Text(f"seed {self._seed + index}  ", "bold")
        line.append(printable(self._texts[index], space=" "), "not bold")
        return Option(line)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Choose a continuation."""
        self.dismiss(message.option_index)

    def action_move(self, by: int) -> None:
        """Highlight the continuation below or above."""
        texts = self.query_one(OptionList)
        if by > 0:
            texts.action_cursor_down()
        else:
            texts.action_cursor_up()
