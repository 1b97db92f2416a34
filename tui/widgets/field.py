"""A labelled whole number that can be typed in place: `seed 42`."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.message import Message
from textual.reactive import reactive

from tui.core.parameters import Parameter
from tui.widgets.entry import NumberEntry


class Field(NumberEntry):
    """A label and a whole number, as wide as their text; typing replaces the number."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"field--label", "field--entry", "field--wrong"}
    DEFAULT_CSS = """
    Field {
        width: auto; height: 1; margin-right: 3;
        .field--label { color: $quiet; }
        .field--entry { text-style: reverse; }
        .field--wrong { color: $text-error; text-style: reverse; }
        &:focus { background: $cursor; text-style: bold; }
        &:ansi:focus .field--label, &:nocolor:focus .field--label { text-style: bold reverse; }
    }
    """
    STARTERS = "0123456789-"
    integer = True

    value: reactive[int | None] = reactive[int | None](None, layout=True)
    note: reactive[str] = reactive("", layout=True)
    """The number's source, shown behind it."""
    entry: reactive[str | None] = reactive[str | None](None, layout=True)

    class Changed(Message):
        """The person typed another number."""

        def __init__(self, field: Field, value: int) -> None:
            super().__init__()
            self.field = field
            self.value = value

        @property
        def control(self) -> Field:
            """The field that posted the message."""
            return self.field

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(id=parameter.name)
        self.parameter = parameter

    def render(self) -> RenderResult:
        """Draw label, number and source."""
        quiet = self.get_component_rich_style("field--label", partial=True)
        number = Text("none" if self.value is None else f"{self.value}")
        if self.entry is not None:
            component = "field--wrong" if self.wrong else "field--entry"
            number = Text(f"{self.entry}▏", self.get_component_rich_style(component, partial=True))
        note = Text(f" ({self.note})" if self.note else "", quiet + Style(reverse=False))
        return Text.assemble((self.parameter.label, quiet), " ", number, note)

    def check(self, value: int | float) -> None:
        """Raise InputError for a number outside the parameter's range."""
        self.parameter.check(value)

    def typed(self, value: int | float) -> None:
        """Show the number, and post `Changed` if it is another one."""
        if value != self.value:
            self.value = int(value)
            self.post_message(self.Changed(self, int(value)))

    def on_click(self, event: events.Click) -> None:
        """Open the entry."""
        event.stop()
        self.open_entry()
