"""The dialog that copies what the workbench shows, or writes it to a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.core.printable import printable
from tui.explorer.copying import Copyable

Save = Callable[[str, str, str], None]
"""(stem, ending, text): asks for a file name and writes the text."""
HINT = "⏎ copy · w write to a file · esc closes"


class ExportScreen(ModalScreen[None]):
    """Lists what can be copied, and shows the text of the highlighted one."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "close"),
        Binding("c", "copy", "copy"),
        Binding("w", "write", "write to a file"),
    ]

    def __init__(self, copyables: Sequence[Copyable], first: str, copy: Callable[[str, str], None], save: Save) -> None:
        """`first`: the beginning of the title that is highlighted at first; `copy` takes a title and a text."""
        super().__init__()
        self._copyables, self._copy, self._save = copyables, copy, save
        self._first = next((at for at, one in enumerate(copyables) if one.title.startswith(first)), 0)

    def compose(self) -> ComposeResult:
        """The list above, the text below."""
        with Vertical(classes="dialog wide tall") as box:
            box.border_title = "Copy"
            box.border_subtitle = HINT
            yield OptionList(*(Option(one.title) for one in self._copyables), compact=True)
            with VerticalScroll():
                yield Static(id="export-text", markup=False)

    def on_mount(self) -> None:
        """Highlight what the focused pane shows."""
        self.query_one(OptionList).highlighted = self._first

    @property
    def chosen(self) -> Copyable:
        """What is highlighted."""
        return self._copyables[self.query_one(OptionList).highlighted or 0]

    def on_option_list_option_highlighted(self) -> None:
        """Show the highlighted text, and what it cannot express."""
        self.query_one("#export-text", Static).update(_shown(self.chosen))

    def on_option_list_option_selected(self) -> None:
        """Copy at ⏎."""
        self.action_copy()

    def action_copy(self) -> None:
        """Copy the highlighted text, and close."""
        self._copy(self.chosen.title, self.chosen.text)
        self.dismiss()

    def action_write(self) -> None:
        """Write the highlighted text to a new file."""
        self._save(self.chosen.stem, self.chosen.ending, self.chosen.text)


def _shown(one: Copyable) -> Text:
    """A text made harmless, and below it the settings that it cannot express."""
    lines = one.text.expandtabs().split("\n")
    shown = Text("\n".join(printable(line, space=" ") if line else "" for line in lines))
    if one.lost:
        shown.append(f"\nCannot be said there: {', '.join(one.lost)}.", "bold")
    for note in one.notes:
        shown.append(f"\n{note}", "dim")
    return shown
