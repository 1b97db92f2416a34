"""A question with one line for the answer."""

from __future__ import annotations

from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class AskScreen(ModalScreen[str | None]):
    """Gives the answer as typed; None if it was given up."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "give up")]

    def __init__(
        self, title: str, hint: str = "", value: str = "", kind: Literal["integer", "number", "text"] = "text"
    ) -> None:
        super().__init__()
        self._title, self._hint, self._value, self._kind = title, hint, value, kind

    def compose(self) -> ComposeResult:
        """A titled box with the line and its hint."""
        with Vertical(classes="dialog") as box:
            box.border_title = Text(self._title).plain
            yield Input(self._value, type=self._kind, compact=True)
            yield Static(Text(self._hint), classes="hint")

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """The answer."""
        self.dismiss(message.value.strip() or None)
