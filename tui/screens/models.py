"""The dialog that chooses a model: cached on the engine's machine, used before, or typed as a name or address."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.core.catalog import GGUF_FOLDERS, Entry, Room
from tui.core.origin import Origin, named
from tui.protocol import Cataloged
from tui.widgets.line_input import LineInput
from tui.widgets.model_lines import header, model_line, place_line, recent_line, room_text

PLACEHOLDER = "a folder, a GGUF file, a Hugging Face id, or a server's address"
HINT = "type a name or an address, or filter · ↓ list · ⏎ load · esc closes"
LOOKING = "looking through the models on the engine's machine …"
NO_GGUF = f"no GGUF file in {GGUF_FOLDERS}"


class ModelsScreen(ModalScreen[Origin | None]):
    """Its result is the origin of the model to load, or None."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "close"),
        Binding("down", "to_list", "list", show=False),
    ]

    catalog: reactive[Cataloged | None] = reactive[Cataloged | None](None, init=False)
    """The models on the engine's machine; None until the engine has replied."""

    def __init__(self, recent: Sequence[Origin], loading: Origin, device: str) -> None:
        """`loading`: the open model, whose device, dtype and map the chosen one gets; `device`: where it is."""
        super().__init__()
        self._recent, self._loading, self._device = recent, loading, device
        self._choices: list[Origin | None] = []
        """The origin in each line of the list; None for a heading."""

    def compose(self) -> ComposeResult:
        """The input above the list of models."""
        with Vertical(classes="dialog wide tall") as box:
            box.border_title = "Models"
            box.border_subtitle = HINT
            yield LineInput(placeholder=PLACEHOLDER, compact=True)
            yield Static(id="models-header", classes="header", markup=False)
            yield OptionList(compact=True)

    def on_mount(self) -> None:
        """List the models known so far."""
        self._fill()

    def on_resize(self) -> None:
        """List the models again, for the new width."""
        self._fill()

    def show_catalog(self, catalog: Cataloged) -> None:
        """Show the engine's list of models."""
        self.catalog = catalog

    def watch_catalog(self) -> None:
        """List the models again, with the engine's."""
        self._fill()

    def on_input_changed(self) -> None:
        """Filter the list by the typed text."""
        self._fill()

    @property
    def _room(self) -> Room | None:
        """The free memory of the open model's kind of device, else of the first device; None if unknown."""
        rooms = self.catalog.rooms if self.catalog else []
        kind = self._device.split(":")[0]
        return next((room for room in rooms if room.device.split(":")[0] == kind), rooms[0] if rooms else None)

    def _fill(self) -> None:
        typed = self.query_one(Input).value.strip().casefold()
        width = min(96, self.app.size.width - 10)
        lines = [line for line in self._lines(width) if typed in line[1].plain.casefold()]
        self._choices = []
        options = self.query_one(OptionList)
        options.clear_options()
        for place, group in groupby(lines, key=itemgetter(0)):
            if place:
                self._add(None, place_line(place))
            for _, line, origin in group:
                self._add(origin, line)
        if self.catalog is None:
            self._add(None, Text(LOOKING, "dim"))
        elif not any(entry.place for entry in self.catalog.entries):
            self._add(None, Text(NO_GGUF, "dim", no_wrap=True))
        if lines:
            options.action_first()
        self.query_one("#models-header", Static).update(Text(f"{header(width)}  {room_text(self._room)}"))

    def _lines(self, width: int) -> list[tuple[str, Text, Origin]]:
        """(the program whose GGUF file it is, the model's line, the model), those used before at the end."""
        lines = [
            (
                entry.place,
                model_line(entry, self._room, width, opened=entry.name == self._opened),
                named(entry.name, self._loading),
            )
            for entry in self._entries()
        ]
        here = {origin.name for _, _, origin in lines}
        return lines + [("", recent_line(origin), origin) for origin in self._recent if origin.name not in here]

    @property
    def _opened(self) -> str | None:
        """The name that the open model has in the list; None for a server's."""
        return None if self._loading.server else self._loading.model or ""

    def _add(self, origin: Origin | None, line: Text) -> None:
        self._choices.append(origin)
        self.query_one(OptionList).add_option(Option(line, disabled=origin is None))

    def _entries(self) -> list[Entry]:
        return self.catalog.entries if self.catalog else [Entry(name="")]

    def action_to_list(self) -> None:
        """Move the focus from the input to the list."""
        self.query_one(OptionList).focus()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Choose the typed model, exactly as typed; without text the highlighted one."""
        if message.value.strip():
            self.dismiss(named(message.value, self._loading))
        else:
            self._choose(self.query_one(OptionList).highlighted)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Choose a model in the list."""
        self._choose(message.option_index)

    def _choose(self, index: int | None) -> None:
        if index is not None and (chosen := self._choices[index]) is not None:
            self.dismiss(chosen)
