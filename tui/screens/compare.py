"""The screen that shows up to four settings side by side on the step at the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.core.labels import in_words
from tui.core.printable import printable
from tui.explorer.branches import UNCHANGED
from tui.explorer.comparing import Comparing, Offer, Side
from tui.widgets.candidate_columns import fit
from tui.widgets.compare_table import CompareColumn, CompareTable

_HINT = "← → choose · ⏎ uses these settings · a adds · delete removes · ↑ ↓ scroll · esc closes"
_SHORT = "← → choose · ⏎ use · a add · delete remove · esc close"
_ROOMY = 100
_FULL = "Four settings are the most; delete removes the chosen ones."
_FIRST = "The others are compared with the settings on screen, so these stay."
NO_OFFER = "There are no other presets or branches; {save_preset} in the workbench keeps settings as a preset."
_FRAME = 5
"""Columns of the frame, the padding and the scrollbar."""
_NAME = 28


class CompareScreen(ModalScreen[int | None]):
    """Its result is the index of the settings to use, or None."""

    CSS_PATH = "compare.tcss"
    AUTO_FOCUS = "VerticalScroll"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,X", "dismiss(None)", "close"),
        Binding("left,h", "choose(-1)", show=False, priority=True),
        Binding("right,l", "choose(1)", show=False, priority=True),
        Binding("enter", "use", "use"),
        Binding("a", "add", "add"),
        Binding("delete,backspace", "remove", "remove"),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def __init__(self, comparing: Comparing, place: str, no_offer: str) -> None:
        """`place`: where the step is, for the title. `no_offer`: what to say where nothing can be added."""
        super().__init__()
        self._comparing, self._place, self._no_offer = comparing, place, no_offer
        self._chosen = 0
        self._shown: dict[str, Text] = {}
        """What each part shows: only what differs is painted again."""

    def compose(self) -> ComposeResult:
        """The numbers, a heading, and the candidates, which scroll."""
        with Vertical(id="compared") as box:
            box.border_title = f"Compare · {self._place}"
            yield Static(id="compared-head", markup=False)
            yield Static(id="compared-heading", markup=False)
            with VerticalScroll():
                yield Static(id="compared-candidates", markup=False)

    def on_mount(self) -> None:
        """Show what is known so far."""
        self.show()

    def on_resize(self) -> None:
        """Show the table in the new width."""
        self._say("")
        self.show()

    def show(self) -> None:
        """Show the sides, with what the engine has told of them."""
        table = CompareTable(
            [_column(side) for side in self._comparing.sides], self._chosen, max(40, self.app.size.width - _FRAME)
        )
        self._update("#compared-head", table.head())
        self._update("#compared-heading", [table.heading()])
        self._update("#compared-candidates", table.candidates(self._comparing.tokens))

    def _update(self, name: str, lines: Sequence[Text]) -> None:
        text = Text("\n").join(lines)
        if self._shown.get(name) != text:
            self._shown[name] = text
            self.query_one(name, Static).update(text)

    def _say(self, message: str) -> None:
        """Show a message in the border, or, without one, the keys."""
        hint = _HINT if self.app.size.width >= _ROOMY else _SHORT
        self.query_one("#compared").border_subtitle = Text(message or hint)

    # -- keys ----------------------------------------------------------------------------------------------------

    def action_choose(self, by: int) -> None:
        """Highlight the column `by` places to the right, if there is one."""
        self._chosen = max(0, min(self._chosen + by, len(self._comparing.sides) - 1))
        self._say("")
        self.show()

    def action_scroll(self, by: int) -> None:
        """Scroll the candidates by a line."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def action_use(self) -> None:
        """Use the highlighted settings."""
        self.dismiss(self._chosen)

    def action_remove(self) -> None:
        """Compare the highlighted settings no longer."""
        if self._comparing.remove(self._chosen):
            self.action_choose(0)
        else:
            self._say(_FIRST)

    def action_add(self) -> None:
        """Choose other settings to compare too."""
        offers = self._comparing.offers()
        if self._comparing.full or not offers:
            self._say(_FULL if self._comparing.full else self._no_offer)
        else:
            self.app.push_screen(OffersScreen(offers), self._add)

    def _add(self, offer: Offer | None) -> None:
        if offer is not None:
            self._comparing.add(offer)
            self.action_choose(len(self._comparing.sides))


def _column(side: Side) -> CompareColumn:
    name = printable(side.offer.name, space=" ")
    return CompareColumn(name, side.offer.state.settings(), side.viewed, side.listed, side.problem)


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
