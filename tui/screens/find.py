"""The dialog that finds tokens by text or id, with rank, probabilities and the stage that removes each."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.core.labels import stage_label
from tui.protocol import Candidate
from tui.widgets.candidate_columns import UNRANKED, token_name
from tui.widgets.line_input import LineInput
from tui.widgets.numbers import aligned, percent

_NUMBER = 8
_TOKEN = {True: 22, False: 12}
_ROOMY = 100
"""Terminal width in columns from which all numbers are shown."""
HINT = "↓ matches · ⏎ shows it in the list · esc closes"

NO_MATCH = "no token of this vocabulary holds that text; a word may be several tokens"


def no_match(text: str, vocabulary: int) -> str:
    """Why nothing was found: for `#99999`, which ids there are."""
    return f"the ids go from 0 to {vocabulary - 1:,}" if text[1:].isdecimal() and text[0] == "#" else NO_MATCH


class FindScreen(ModalScreen[Candidate | None]):
    """Searches while the person types; its result is the chosen candidate, or None."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "close"),
        Binding("down", "to_matches", "matches", show=False),
    ]

    def __init__(self, ask: Callable[[str], None], vocabulary: int) -> None:
        super().__init__()
        self._ask, self._vocabulary = ask, vocabulary
        self._found: list[Candidate] = []

    @property
    def _roomy(self) -> bool:
        return self.app.size.width >= _ROOMY

    def compose(self) -> ComposeResult:
        """The input above the list of matches."""
        with Vertical(classes="dialog wide") as box:
            box.border_title, box.border_subtitle = "Find a token", HINT
            yield LineInput(placeholder="a token's text (blanks count), or #id", compact=True)
            yield Static(header(self._roomy), classes="header", markup=False)
            yield OptionList(compact=True)

    def on_input_changed(self, message: Input.Changed) -> None:
        """Search for the text typed so far."""
        if message.value:
            self._ask(message.value)
        else:
            self.show_found([])

    def show_found(self, found: list[Candidate]) -> None:
        """Show the engine's reply to the last search."""
        self._found = found
        matches = self.query_one(OptionList)
        matches.clear_options()
        matches.add_options([Option(match_line(candidate, self._roomy)) for candidate in found])
        if found:
            matches.highlighted = 0
        elif text := self.query_one(Input).value:
            matches.add_option(Option(no_match(text, self._vocabulary), disabled=True))

    def action_to_matches(self) -> None:
        """Move the focus from the input to the list."""
        self.query_one(OptionList).focus()

    def on_input_submitted(self) -> None:
        """Choose the highlighted match, which at first is the best one."""
        self._choose(self.query_one(OptionList).highlighted)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Choose a match in the list."""
        self._choose(message.option_index)

    def _choose(self, index: int | None) -> None:
        if index is not None and index < len(self._found):
            self.dismiss(self._found[index])


def header(roomy: bool) -> str:
    """The heading over the matches; the unit is written once."""
    names = ("raw %", "temp.", "final", "cumul.") if roomy else ("raw %", "final", "cumul.")
    numbers = "".join(f"  {name:^{_NUMBER}}" for name in names)
    return f"{'rank':>6}  {'token':<{_TOKEN[roomy]}} {'id':>7}{numbers}  state"


def match_line(candidate: Candidate, roomy: bool) -> Text:
    """A match in one line: rank, token, id, probabilities in percent, cumulative probability, removing stage."""
    name = Text(token_name(candidate))
    name.truncate(_TOKEN[roomy], overflow="ellipsis", pad=True)
    rank = f"{candidate.rank:,}" if candidate.rank else UNRANKED
    line = Text(f"{rank:>6}  ").append_text(name).append(f" {candidate.token:>7}")
    for value in (
        (candidate.raw, candidate.tempered, candidate.final, candidate.cumulative)
        if roomy
        else (candidate.raw, candidate.final, candidate.cumulative)
    ):
        known = value and not math.isnan(value)
        line.append("  " + aligned(percent(value) if known else "–", 3, _NUMBER - 4))
    fate = (
        stage_label(candidate.removed_by)
        if candidate.removed_by
        else "kept"
        if not math.isnan(candidate.final)
        else "undecided"
    )
    line.append("  " + (fate if candidate.rank else "unseen tail"))
    if candidate.removed_by:
        line.stylize("dim")
    line.no_wrap = True
    return line
