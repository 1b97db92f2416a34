"""The dialog that lists the prompts submitted last, to write on with one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.core.printable import printable
from tui.widgets.line_input import LineInput

HINT = "type to filter · ↓ list · ⏎ puts it into the editor · esc closes"
NO_MATCH = "no prompt of the last ones holds that text"
_COUNT = 12
_FRAME = 10
"""Columns that the dialog's frame and the screen around it take at least."""
_WIDEST = 94


class PromptsScreen(ModalScreen[str | None]):
    """Its result is the chosen prompt's text, or None."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "close"),
        Binding("down", "to_list", "list", show=False),
    ]

    def __init__(self, prompts: Sequence[str]) -> None:
        """`prompts`: newest first."""
        super().__init__()
        self._prompts = prompts
        self._choices: list[str] = []

    def compose(self) -> ComposeResult:
        """The filter above the list."""
        with Vertical(classes="dialog wide") as box:
            box.border_title = "Recent prompts"
            box.border_subtitle = HINT
            yield LineInput(placeholder="a part of the prompt", compact=True)
            yield Static(id="prompts-header", classes="header", markup=False)
            yield OptionList(compact=True)

    def on_mount(self) -> None:
        """List all prompts."""
        self._fill()

    def on_resize(self) -> None:
        """List the prompts again, for the new width."""
        self._fill()

    def on_input_changed(self) -> None:
        """Filter the list by the typed text."""
        self._fill()

    def _fill(self) -> None:
        typed = self.query_one(Input).value.casefold()
        width = min(_WIDEST, self.app.size.width - _FRAME)
        self.query_one("#prompts-header", Static).update(f"{'prompt':<{width - _COUNT}}{'characters':>{_COUNT}}")
        self._choices = [prompt for prompt in self._prompts if typed in prompt.casefold()]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(prompt_line(prompt, width)) for prompt in self._choices])
        if self._choices:
            options.highlighted = 0
        else:
            options.add_option(Option(Text(NO_MATCH, "dim"), disabled=True))

    def action_to_list(self) -> None:
        """Move the focus from the filter to the list."""
        self.query_one(OptionList).focus()

    def on_input_submitted(self) -> None:
        """Choose the highlighted prompt, which at first is the newest one."""
        self._choose(self.query_one(OptionList).highlighted)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Choose a prompt in the list."""
        self._choose(message.option_index)

    def _choose(self, index: int | None) -> None:
        if index is not None and index < len(self._choices):
            self.dismiss(self._choices[index])


def prompt_line(prompt: str, width: int) -> Text:
    """A prompt in `width` columns: its first line that is not blank, and how many characters it has."""
    lines = prompt.strip().splitlines() or [""]
    first = printable(lines[0][:width], space=" ") + (" …" if len(lines) > 1 else "")
    line = Text(first, no_wrap=True)
    line.truncate(width - _COUNT, overflow="ellipsis", pad=True)
    return line.append(f"{len(prompt):>{_COUNT},}", "dim")
