"""The two dialogs of the comparison: which settings to add, and how far each continues the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tui.core.labels import in_words
from tui.core.printable import printable
from tui.errors import InputError
from tui.explorer.branches import UNCHANGED
from tui.explorer.offers import Offer
from tui.screens.ask import AskScreen
from tui.widgets.candidate_columns import fit

_NAME = 28
_MORE = 8
"""How many tokens `+` adds, and `-` takes away."""


class OffersScreen(ModalScreen[Offer | None]):
    """Lists settings that can be compared; its result is one of them, or None."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss(None)", "close")]

    def __init__(self, offers: Sequence[Offer]) -> None:
        super().__init__()
        self._offers = offers

    def compose(self) -> ComposeResult:
        """A line for each."""
        with Vertical(classes="dialog wide") as box:
            box.border_title, box.border_subtitle = "Compare with", "⏎ adds it · esc closes"
            yield OptionList(*(Option(_offer_line(offer)) for offer in self._offers), compact=True)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Add the settings of this line."""
        self.dismiss(self._offers[message.option_index])


def _offer_line(offer: Offer) -> Text:
    words = in_words(offer.state.given) or UNCHANGED
    return Text(f"{fit(printable(offer.name, space=' '), _NAME)}  {words}", no_wrap=True, overflow="ellipsis")


class LengthScreen(AskScreen):
    """Asks for a number of tokens, which can be typed, or changed by `+` and `-`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus", f"more({_MORE})", show=False, priority=True),
        Binding("minus", f"more({-_MORE})", show=False, priority=True),
    ]

    def __init__(self, length: int, go_on: Callable[[int], None]) -> None:
        """`go_on` gets the number; its InputError is shown."""
        hint = "tokens, same seed · + more, - fewer · ⏎ begins"
        super().__init__("Continue each", hint, str(length), "integer", take=self._take_length)
        self._length, self._go_on = length, go_on

    def action_more(self, by: int) -> None:
        """Change the number on screen."""
        number = self.query_one(Input)
        number.value = str(max(1, self._typed(number.value, self._length) + by))

    def _take_length(self, text: str) -> str:
        try:
            self._go_on(self._typed(text, 0))
        except InputError as error:
            return error.message
        return ""

    def _typed(self, text: str, otherwise: int) -> int:
        """What stands there as a number; `otherwise` where it is none."""
        return int(text) if text.isdecimal() and len(text) < 10 else otherwise
