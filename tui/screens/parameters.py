"""The dialog that edits every sampling parameter as a number."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.core.settings import DEFAULT_SEED, Given, Setting, Settings, Source, Value
from tui.core.stages import MAX_NEW_TOKENS, PARAMETERS, SEED
from tui.widgets.parameter_row import NAME, SOURCE, VALUE, ParameterRow
from tui.widgets.switch_row import SwitchRow

KEYS = "⏎ use · type a number · o off · b back to its source · esc changes nothing"
_HEADER = f"{'parameter':<{NAME}}{'value':>{VALUE}}   {'source':<{SOURCE}}range"


class ParametersScreen(ModalScreen[dict[str, Value] | None]):
    """Its result is the new `Given`, or None for no change.

    `base` holds the settings in force where nothing is given (`Opened.settings`). With `seed` there is a row for it,
    and a changed seed is in the result under `seed`.
    """

    CSS_PATH = "parameters.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Change nothing", show=False),
        Binding("enter", "submit", "Use them", show=False),
        Binding("o,backspace", "off", "Off", show=False),
        Binding("b,delete", "back", "Back to its source", show=False),
        Binding("up,k", "app.focus_previous", "Row above", show=False),
        Binding("down,j", "app.focus_next", "Row below", show=False),
    ]

    def __init__(
        self,
        settings: Settings,
        given: Given,
        base: Settings | None = None,
        seed: int | None = None,
        first: str = "",
    ) -> None:
        """`first`: the parameter whose row has the focus at first."""
        super().__init__()
        self._first = first
        self._settings = settings
        self._given = given
        unset = {name: setting for name, setting in settings.items() if name not in given}
        self._base = unset if base is None else base
        self._seed = seed

    def compose(self) -> ComposeResult:
        """One row per parameter, in the order in which transformers applies them."""
        with VerticalScroll(id="rows", can_focus=False) as rows:
            rows.border_title = "All parameters, in the order transformers applies them"
            rows.border_subtitle = KEYS
            yield Static(_HEADER, id="header", markup=False)
            for parameter in (*PARAMETERS.values(), MAX_NEW_TOKENS):
                name = parameter.name
                yield ParameterRow(parameter, self._settings.get(name), self._base.get(name), given=name in self._given)
            if self._seed is not None:
                setting = Setting(self._seed, Source.SAMPLESCOPE if self._seed == DEFAULT_SEED else Source.YOU)
                yield ParameterRow(SEED, setting, setting, given=False)
            yield SwitchRow(
                self._settings.get("do_sample"), self._base.get("do_sample"), given="do_sample" in self._given
            )

    def on_mount(self) -> None:
        """Focus the row that was asked for."""
        if self._first:
            self.query_one(f"#{self._first}").focus()

    def _row(self) -> ParameterRow | SwitchRow | None:
        return self.focused if isinstance(self.focused, ParameterRow | SwitchRow) else None

    def action_off(self) -> None:
        """Set the focused row's parameter to the value at which it does nothing."""
        row = self._row()
        if row is not None:
            row.turn_off()

    def action_back(self) -> None:
        """Give the focused row's parameter back to its source."""
        row = self._row()
        if row is not None:
            row.give_back()

    @on(ParameterRow.Entered)
    def action_submit(self) -> None:
        """Close with all values; if one is invalid, focus its row instead."""
        for row in self.query(ParameterRow):
            if row.entry is not None and not row.submit_entry():
                row.focus()
                return
        self.dismiss(self._answer())

    def _answer(self) -> dict[str, Value]:
        answer: dict[str, Value] = {}
        for row in [*self.query(ParameterRow), *self.query(SwitchRow)]:
            if row.given and row.setting is not None:
                answer[row.id or ""] = row.setting.value
        return answer
