"""A dialog that asks for one line of text."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.core.printable import printable
from tui.widgets.line_input import LineInput

_EMPTY = "Nothing is written here yet; esc closes."


class AskScreen(ModalScreen[None]):
    """Passes the typed answer to `take`, and stays open while `take` returns what is wrong with it."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "give up")]

    def __init__(
        self,
        title: str,
        hint: str = "",
        value: str = "",
        kind: Literal["integer", "number", "text"] = "text",
        *,
        take: Callable[[str], str],
        may_be_empty: bool = False,
    ) -> None:
        super().__init__()
        self._title, self._hint, self._value, self._kind, self._take = title, hint, value, kind, take
        self._may_be_empty = may_be_empty

    def compose(self) -> ComposeResult:
        """A titled box with the input and its hint."""
        with Vertical(classes="dialog") as box:
            box.border_title = Text(self._title).plain
            yield LineInput(self._value, type=self._kind, compact=True)
            yield Static(Text(self._hint), classes="hint")

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Close if `take` accepts the answer, else show what is wrong with it."""
        answer = message.value.strip()
        problem = self._take(answer) if answer or self._may_be_empty else _EMPTY
        if problem:
            hint = self.query_one(".hint", Static)
            hint.update(Text(printable(problem, space=" ")))
            hint.add_class("wrong")
        else:
            self.dismiss()
