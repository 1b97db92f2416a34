"""A number with a track, one line high: moved by keys, wheel, drag and typing, on a linear or logarithmic scale."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from tui.core.labels import FLAG, number_text
from tui.core.parameters import Parameter
from tui.widgets.entry import NumberEntry
from tui.widgets.scale import Scale

NAME_WIDTH = 11
VALUE_WIDTH = 7
_SHORTEST_TRACK = 5
_BRIEF = {"transformers": "default", "no effect": "idle"}
"""Short words for sources, used in narrow rows."""


def source_width(width: int) -> int:
    """Cells for the source in a row of this width: enough for any word, for a short one, or 0."""
    return 12 if width >= 54 else 7 if width >= 38 else 0


_CSS = """
Slider {
    height: 1; width: 1fr; color: $foreground;
    .slider--track { color: $bar; }
    .slider--filled { color: $live; }
    .slider--muted { color: $quiet; }
    .slider--flag { color: $cut; text-style: bold; }
    .slider--wrong { color: $text-error; }
    &:focus { background: $cursor; text-style: bold; }
    &:ansi:focus .slider--name, &:nocolor:focus .slider--name { text-style: bold reverse; }
}
"""


class Slider(NumberEntry):
    """One parameter: name, track, value and source.

    The screen sets what it shows; a change by the person is shown at once and posts `Changed`.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "slider--name",
        "slider--track",
        "slider--filled",
        "slider--muted",
        "slider--flag",
        "slider--wrong",
    }
    DEFAULT_CSS = _CSS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "nudge(-1)", "Less", show=False),
        Binding("right", "nudge(1)", "More", show=False),
        Binding("shift+left,ctrl+left", "nudge(-10)", "Much less", show=False),
        Binding("shift+right,ctrl+right", "nudge(10)", "Much more", show=False),
        Binding("home", "jump(0.0)", "Lowest", show=False),
        Binding("end", "jump(1.0)", "Highest", show=False),
    ]

    value: reactive[float | None] = reactive[float | None](None)
    """The value shown; None if the parameter has none, then the thumb is at `off_value`."""
    scale: reactive[Scale] = reactive(Scale(0.0, 1.0, 0.01))
    source: reactive[str] = reactive("")
    flagged: reactive[bool] = reactive(False)
    """True for a default of transformers that acts, shown in a warning colour."""
    off: reactive[bool] = reactive(False)
    idle: reactive[bool] = reactive(False)
    """True if the value has no effect, because of greedy."""

    class Changed(Message):
        """The person moved the slider; of several messages in the queue only the last is delivered."""

        def __init__(self, slider: Slider, value: float) -> None:
            super().__init__()
            self.slider = slider
            self.value = value

        @property
        def control(self) -> Slider:
            """The slider that posted the message."""
            return self.slider

        def can_replace(self, message: Message) -> bool:
            """True for an older value of the same slider."""
            return isinstance(message, Slider.Changed) and message.slider is self.slider

    def __init__(self, parameter: Parameter, scale: Scale) -> None:
        super().__init__(id=parameter.name)
        self.parameter = parameter
        self.off_value = 0 if parameter.off is None else parameter.off
        """The value at which the parameter does nothing; 0 for a parameter that has no value when off."""
        self.integer = scale.integer
        self.dragging = False
        self._unconfirmed: float | None = None
        """The person's last value while the screen has not called `confirm` for it."""
        self.set_reactive(Slider.scale, scale)

    # Drawing

    def track(self) -> tuple[int, int]:
        """First column of the track, and its length in cells."""
        source = source_width(self.size.width)
        after = 1 + VALUE_WIDTH + 2 + (1 + source if source else 0)
        return NAME_WIDTH + 1, max(_SHORTEST_TRACK, self.size.width - NAME_WIDTH - 1 - after)

    def render(self) -> RenderResult:
        """Draw name, track, value and source."""
        name = self._styled(
            f"{self.parameter.label[:NAME_WIDTH]:<{NAME_WIDTH}}", "muted" if self.off or self.idle else ""
        )
        name.stylize(self.get_component_rich_style("slider--name", partial=True))
        value = f"{self._value_text():>{VALUE_WIDTH}}"
        return Text.assemble(name, " ", *self._track_parts(), " ", self._value_part(value), self._source_part())

    def _styled(self, text: str, component: str, more: str = "") -> Text:
        style = self.get_component_rich_style(f"slider--{component}", partial=True) if component else Style()
        return Text(text, style + Style.parse(more), no_wrap=True, end="")

    def _track_parts(self) -> list[Text]:
        length = self.track()[1]
        thumb = round(self.scale.position(self.shown_value) * (length - 1))
        live = not (self.off or self.idle)
        sign = {-1: "◂", 0: "●" if live else "○", 1: "▸"}[self.scale.beyond(self.shown_value)]
        cells = ["─"] * length
        tick = round(self.scale.position(self.off_value) * (length - 1))
        if 0 < tick < length - 1:
            cells[tick] = "┼"
        before = "".join(cells[:thumb]).replace("─", "━") if live else "".join(cells[:thumb])
        after = "".join(cells[thumb + 1 :])
        return [
            self._styled(before, "filled" if live else "track"),
            self._styled(sign, "filled" if live else "muted", "bold" if live else ""),
            self._styled(after, "track"),
        ]

    def _value_text(self) -> str:
        if self.entry is not None:
            return (self.entry + "▏")[-VALUE_WIDTH:]
        if self.value is None or (self.off and self.off_value in (self.scale.low, self.scale.high, 0)):
            return "off"
        return number_text(self.value, self.scale.decimals)

    def _value_part(self, text: str) -> Text:
        if self.entry is not None:
            return self._styled(text, "wrong" if self.wrong else "", "reverse")
        return self._styled(text, "muted" if self.off or self.idle else "flag" if self.flagged else "")

    def _source_part(self) -> Text:
        mark = FLAG if self.flagged and not self.idle else " "
        words, width = "no effect" if self.idle else self.source, source_width(self.size.width)
        words = _BRIEF.get(words, words) if width < len(words) else words
        text = f" {mark} {words:<{width}}" if width else f" {mark}"
        return self._styled(text, "flag" if mark == FLAG else "muted")

    @property
    def shown_value(self) -> float:
        """The value at which the thumb is drawn."""
        return self.off_value if self.value is None else self.value

    def show_value(self, value: float | None) -> None:
        """Show the value in force, unless a newer one by the person is unconfirmed: the thumb would jump back."""
        if self._unconfirmed is None:
            self.value = value

    def confirm(self, value: float | None) -> None:
        """The person's value is in force; if it was the last one, `show_value` has effect again."""
        if self._unconfirmed == (self.off_value if value is None else value):
            self._unconfirmed = None

    # Changes by the person

    def set_by_person(self, value: float) -> None:
        """Show a value and post `Changed`, if it is another one."""
        if value != self.shown_value:
            self.value = self._unconfirmed = value
            self.post_message(self.Changed(self, value))

    def action_nudge(self, steps: int) -> None:
        """Move by fine (1) or coarse (10) steps."""
        self.set_by_person(self.scale.nudge(self.shown_value, steps))

    def action_jump(self, position: float) -> None:
        """Move to a position on the track, 0–1."""
        self.set_by_person(self.scale.value(position))

    def _go_to(self, x: int) -> None:
        start, length = self.track()
        self.action_jump(min(max((x - start) / (length - 1), 0.0), 1.0))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Start to drag at a click on the track; open the entry at a click on the value."""
        start, length = self.track()
        event.stop()
        if start <= event.x < start + length:
            self.dragging = True
            self.capture_mouse()
            self._go_to(event.x)
        elif start + length <= event.x <= start + length + VALUE_WIDTH:
            self.open_entry()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the thumb while dragging."""
        if self.dragging:
            event.stop()
            self._go_to(event.x)

    def on_mouse_up(self) -> None:
        """Stop dragging."""
        self.dragging = False
        self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move one step right, ten with ctrl or shift."""
        event.stop()
        self.action_nudge(10 if event.ctrl or event.shift else 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move one step left, ten with ctrl or shift."""
        event.stop()
        self.action_nudge(-10 if event.ctrl or event.shift else -1)

    def typed(self, value: int | float) -> None:
        """Take a typed number, which may be beyond the scale."""
        self.set_by_person(value)

    def check(self, value: int | float) -> None:
        """Raise InputError for a number outside the parameter's range."""
        self.parameter.check(value)
