"""One parameter in one line: name, value (typed in place), source, and range or error."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.message import Message
from textual.reactive import reactive

from tui.core.labels import FLAG, is_off, unasked, value_text
from tui.core.parameters import Parameter
from tui.core.settings import Setting, Source
from tui.core.stages import PARAMETERS, SEED
from tui.errors import InputError
from tui.widgets.entry import NumberEntry

NAME, VALUE, SOURCE = 20, 13, 14
UNKNOWN = "–"


class ParameterRow(NumberEntry):
    """One parameter's setting until the screen takes all rows; `given` is True if the person set it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row--name", "row--quiet", "row--flag", "row--entry", "row--wrong"}
    DEFAULT_CSS = """
    ParameterRow {
        height: 1; width: 1fr;
        .row--quiet { color: $quiet; }
        .row--flag { color: $cut; text-style: bold; }
        .row--entry { text-style: reverse; }
        .row--wrong { color: $text-error; text-style: bold; }
        &:focus { background: $cursor; text-style: bold; }
        &:ansi:focus .row--name, &:nocolor:focus .row--name { text-style: bold reverse; }
    }
    """
    STARTERS = "0123456789.-"

    setting: reactive[Setting | None] = reactive[Setting | None](None)
    """Value and source; None if the source's value is unknown."""
    given: reactive[bool] = reactive(False)
    reason: reactive[str] = reactive("")
    """Why the typed text was rejected; '' if it was not."""

    class Entered(Message):
        """Enter has taken the row's entry."""

    def __init__(self, parameter: Parameter, setting: Setting | None, base: Setting | None, *, given: bool) -> None:
        super().__init__(id=parameter.name)
        self.parameter = parameter
        self.base = base
        self.integer = parameter.integer
        self.set_reactive(ParameterRow.setting, setting)
        self.set_reactive(ParameterRow.given, given)

    def render(self) -> RenderResult:
        """Draw name, value, source and range, or the reason for a rejection."""
        name, setting = self.parameter.name, self.setting
        quiet = setting is not None and is_off(name, setting.value)
        flagged = setting is not None and unasked(name, setting)
        style = "flag" if flagged else "quiet" if quiet else ""
        source = UNKNOWN if setting is None else str(setting.source)
        label = self._part(f"{self.parameter.label:<{NAME}}", "quiet" if quiet else "")
        label.stylize(self.get_component_rich_style("row--name", partial=True))
        if self.reason:
            rest = [self._part(f"   {self.reason}", "wrong")]
        else:
            words = f" {FLAG if flagged else ' '} {source:<{SOURCE}}"
            rest = [self._part(words, "flag" if flagged else "quiet"), self._part(self._range(), "quiet")]
        return Text.assemble(label, self._value(style), *rest)

    def _range(self) -> str:
        return "a whole number" if self.parameter is SEED else self.parameter.range_text()

    def _part(self, text: str, component: str) -> Text:
        return Text(text, self.get_component_rich_style(f"row--{component}", partial=True) if component else "")

    def _value(self, style: str) -> Text:
        if self.entry is not None:
            return self._part(f"{self.entry + '▏':>{VALUE}}", "wrong" if self.wrong else "entry")
        text = UNKNOWN
        if self.setting is not None:
            plain = self.parameter is SEED
            text = str(self.setting.value) if plain else value_text(self.parameter.name, self.setting.value)
        return self._part(f"{text:>{VALUE}}", style)

    def check(self, value: int | float) -> None:
        """Raise InputError for a number outside the parameter's range."""
        try:
            self.parameter.check(value)
        except InputError:
            raise InputError(f"must be {self._range()}") from None

    def typed(self, value: int | float) -> None:
        """Hold the typed number, as set by the person."""
        self.setting, self.given = Setting(value, Source.YOU), True

    def turn_off(self) -> None:
        """Set the value at which the parameter does nothing."""
        if self.parameter.name in PARAMETERS:
            self._clear()
            self.setting, self.given = Setting(self.parameter.off, Source.YOU), True

    def give_back(self) -> None:
        """Give the parameter back to its source."""
        self._clear()
        self.setting, self.given = self.base, False

    def _clear(self) -> None:
        self.entry, self.wrong, self.reason = None, False, ""

    def entered(self) -> None:
        """Post `Entered`: the screen may take all rows."""
        self.post_message(self.Entered())

    def leave(self) -> None:
        """Take a valid number when the focus moves on; an invalid entry stays open, with the reason beside it."""
        if self.entry is not None:
            self.submit_entry()

    def on_number_entry_rejected(self, event: NumberEntry.Rejected) -> None:
        """Show the reason in the row."""
        event.stop()
        self.reason = event.reason

    def watch_entry(self, old: str | None, new: str | None) -> None:
        """Clear the reason: the text has changed."""
        super().watch_entry(old, new)
        self.reason = ""

    def on_click(self, event: events.Click) -> None:
        """Open the entry at a click on the value."""
        if NAME <= event.x < NAME + VALUE:
            self.open_entry()
