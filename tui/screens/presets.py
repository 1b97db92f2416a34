"""The dialog that lists the presets: the post's, and the person's own, which can be removed here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.core.labels import in_words
from tui.core.presets import Preset
from tui.core.printable import printable

_KEY, _TITLE = 3, 28
_FRAME = 10
"""Columns that the dialog's frame and the screen around it take at least."""
_WIDEST = 94
_POST = "The post's presets stay."


class PresetsScreen(ModalScreen[Preset | None]):
    """Its result is the preset to use, or None."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "close"),
        Binding("delete,backspace", "remove", "remove", show=False),
    ]

    def __init__(self, presets: Sequence[Preset], hint: str, remove: Callable[[Preset], str]) -> None:
        """`remove` removes one of the person's own, and returns '' or why it cannot."""
        super().__init__()
        self._presets, self._hint, self._remove = list(presets), hint, remove
        self._doomed: Preset | None = None
        """The preset that a second press removes."""

    def compose(self) -> ComposeResult:
        """The list above its hint."""
        with Vertical(classes="dialog wide") as box:
            box.border_title = "Presets"
            yield OptionList(compact=True)
            yield Static(Text(self._hint), classes="hint")

    def on_mount(self) -> None:
        """List the presets."""
        self._fill(0)

    def on_resize(self) -> None:
        """List the presets again, for the new width."""
        self._fill(self.query_one(OptionList).highlighted or 0)

    def _fill(self, highlighted: int) -> None:
        width = min(_WIDEST, self.app.size.width - _FRAME)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(preset_line(preset, width)) for preset in self._presets])
        options.highlighted = min(highlighted, len(self._presets) - 1)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Use the chosen preset."""
        self.dismiss(self._presets[message.option_index])

    def on_option_list_option_highlighted(self) -> None:
        """On another line nothing is about to be removed."""
        if self._doomed not in (None, self._highlighted):
            self._doomed = None
            self._say(self._hint)

    @property
    def _highlighted(self) -> Preset | None:
        index = self.query_one(OptionList).highlighted
        return None if index is None else self._presets[index]

    def action_remove(self) -> None:
        """Ask, and at the second press remove the highlighted preset, if it is the person's own."""
        preset = self._highlighted
        if preset is None or preset.key:
            self._say(_POST)
        elif self._doomed is not preset:
            self._doomed = preset
            self._say(f"delete again removes {preset.title}", wrong=True)
        elif problem := self._remove(preset):
            self._say(problem, wrong=True)
        else:
            self._doomed = None
            at = self._presets.index(preset)
            self._presets.remove(preset)
            self._fill(at)
            self._say(f"{preset.title} is removed.")

    def _say(self, sentence: str, *, wrong: bool = False) -> None:
        hint = self.query_one(".hint", Static)
        hint.update(Text(printable(sentence, space=" ")))
        hint.set_class(wrong, "wrong")


def preset_line(preset: Preset, width: int) -> Text:
    """A preset in `width` columns: its key, its title, its settings in words."""
    line = Text(f"{preset.key:<{_KEY}}", no_wrap=True)
    title = Text(preset.title)
    title.truncate(_TITLE, overflow="ellipsis", pad=True)
    line.append_text(title).append("  ").append(in_words(preset.given))
    line.truncate(width, overflow="ellipsis")
    return line
