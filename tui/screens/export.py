"""The dialog that exports the settings in force in other programs' formats."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.core.export import FORMATS, Exported
from tui.core.settings import Settings

Save = Callable[[str, str, str], None]
"""(stem, ending, text): asks for a file name and writes the text."""
HINT = "⏎ copy · w write to a file · esc"
SENT = "sent to the terminal's clipboard; if it is not there, w"
_ENDINGS = {"generate": ".py", "generation_config": ".json", "vllm": ".json", "llama.cpp": ".json"}


class ExportScreen(ModalScreen[None]):
    """Lists four formats, and shows the text of the highlighted one."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "close"),
        Binding("c", "copy", "copy"),
        Binding("w", "write", "write to a file"),
    ]

    def __init__(self, settings: Settings, seed: int, save: Save) -> None:
        super().__init__()
        self._exports = {name: make(settings, seed) for name, make in FORMATS.items()}
        self._save = save

    def compose(self) -> ComposeResult:
        """The list of formats above, the text below."""
        with Vertical(classes="dialog wide tall") as box:
            box.border_title = "Copy settings"
            box.border_subtitle = HINT
            yield OptionList(*(Option(Text(made.title)) for made in self._exports.values()), compact=True)
            with VerticalScroll():
                yield Static(_shown(next(iter(self._exports.values()))), id="export-text")

    @property
    def chosen(self) -> tuple[str, Exported]:
        """Name and export of the highlighted format."""
        return list(self._exports.items())[self.query_one(OptionList).highlighted or 0]

    def on_option_list_option_highlighted(self) -> None:
        """Show the highlighted format's text, and the settings it cannot express."""
        self.query_one("#export-text", Static).update(_shown(self.chosen[1]))
        self.query_one(".dialog").border_subtitle = HINT

    def on_option_list_option_selected(self) -> None:
        """Copy at ⏎ on a format."""
        self.action_copy()

    def action_copy(self) -> None:
        """Copy through the terminal (OSC 52). Not every terminal supports that, and none confirms it."""
        self.app.copy_to_clipboard(self.chosen[1].text)
        self.query_one(".dialog").border_subtitle = SENT

    def action_write(self) -> None:
        """Write the highlighted format's text to a new file."""
        name, made = self.chosen
        self._save(f"settings-{name.replace('.', '')}", _ENDINGS[name], made.text)


def _shown(made: Exported) -> Text:
    """An export's text, and below it the settings that the format cannot express."""
    shown = Text(made.text)
    if made.lost:
        shown.append(f"\nCannot be said there: {', '.join(made.lost)}.", "bold")
    for note in made.notes:
        shown.append(f"\n{note}", "dim")
    return shown
