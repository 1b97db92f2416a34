"""The dialog in which a grid of settings is written, before its continuations are measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static, TextArea

from tui.core.printable import printable
from tui.errors import InputError
from tui.explorer.sweep_run import Draft
from tui.widgets.line_input import LineInput

_HINT = "f2, or ⏎ in a number, starts · tab next field · esc closes"
_GRID = "name=value,value… a line for each parameter; all combinations count"
_NUMBERS = (("samples", "continuations"), ("length", "tokens each"), ("seed", "first seed"))


class SweepForm(ModalScreen[Draft | None]):
    """Its result is a draft that makes a sweep, or None."""

    CSS_PATH = "sweep.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "close"),
        Binding("f2", "start", "start", priority=True),
    ]

    def __init__(
        self, draft: Draft, prompt: str, plan: Callable[[Draft], str], words: Callable[[InputError], str]
    ) -> None:
        """`plan`: what a draft would measure, in words, or InputError; `words`: an error in one line."""
        super().__init__()
        self._draft, self._prompt, self._plan, self._words = draft, prompt, plan, words

    def compose(self) -> ComposeResult:
        """The grid, the numbers, and what all this makes."""
        with Vertical(classes="dialog wide") as box:
            box.border_title, box.border_subtitle = "Trade-off: accuracy against diversity", _HINT
            yield Static(Text(f"after {self._prompt}", no_wrap=True, overflow="ellipsis"), classes="header")
            yield Static(_GRID, classes="hint", markup=False)
            yield TextArea(self._draft.grid, id="grid", compact=True, tab_behavior="focus")
            with Horizontal(id="numbers"):
                for name, label in _NUMBERS:
                    yield Label(label, markup=False)
                    yield LineInput(getattr(self._draft, name), id=name, compact=True)
            yield Static(classes="hint", id="plan", markup=False)

    def on_mount(self) -> None:
        """Say what the draft makes."""
        self._tell()

    @property
    def draft(self) -> Draft:
        """The form as it is filled in now."""
        numbers = {name: self.query_one(f"#{name}", Input).value.strip() for name, _ in _NUMBERS}
        return Draft(self.query_one(TextArea).text, **numbers)

    @on(TextArea.Changed)
    @on(Input.Changed)
    def _tell(self) -> None:
        """Show what the draft would measure, or what is wrong with it."""
        try:
            line, wrong = self._plan(self.draft), False
        except InputError as error:
            line, wrong = self._words(error), True
        said = self.query_one("#plan", Static)
        said.update(Text(printable(line, space=" ")))
        said.set_class(wrong, "wrong")

    @on(Input.Submitted)
    def action_start(self) -> None:
        """Close with the draft, unless something is wrong with it."""
        try:
            self._plan(self.draft)
        except InputError:
            self._tell()
        else:
            self.dismiss(self.draft)
