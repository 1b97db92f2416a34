"""A number with a track, one cell high: keys, wheel, drag and typing, on a linear or logarithmic scale."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from tui.core.parameters import Parameter
from tui.widgets.entry import NumberEntry
from tui.widgets.labels import FLAG, number_text
from tui.widgets.scale import Scale

NAME_WIDTH = 11
VALUE_WIDTH = 7
_SHORTEST_TRACK = 5
_BRIEF = {"transformers": "default", "no effect": "idle"}
"""Sources where there is little room."""


def source_width(width: int) -> int:
    """Cells for the source's word in a row of this width: any word, a brief one, or none."""
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
    """One parameter: name, track, value and where the value came from.

    What it shows is set from outside; a hand on it posts `Changed` and shows the new value at once.
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
    """None where the parameter has no value: it stands at `off_value`'s place."""
    scale: reactive[Scale] = reactive(Scale(0.0, 1.0, 0.01))
    source: reactive[str] = reactive("")
    flagged: reactive[bool] = reactive(False)
    """Nobody asked for this value: shown loudly."""
    off: reactive[bool] = reactive(False)
    idle: reactive[bool] = reactive(False)
    """True where the value changes nothing (greedy)."""

    class Changed(Message):
        """A hand moved the slider; while it drags only the last value is delivered."""

        def __init__(self, slider: Slider, value: float) -> None:
            super().__init__()
            self.slider = slider
            self.value = value

        @property
        def control(self) -> Slider:
            """The slider."""
            return self.slider

        def can_replace(self, message: Message) -> bool:
            """True for an older value of the same slider."""
            return isinstance(message, Slider.Changed) and message.slider is self.slider

    def __init__(self, parameter: Parameter, scale: Scale) -> None:
        super().__init__(id=parameter.name)
        self.parameter = parameter
        self.off_value = 0 if parameter.off is None else parameter.off
        """The place on the track where the parameter does nothing: 0 for one that is none at all then."""
        self.integer = scale.integer
        self.dragging = False
        self._told: float | None = None
        """A value by hand of which it is not known yet whether it is taken."""
        self.set_reactive(Slider.scale, scale)

    # What it looks like

    def track(self) -> tuple[int, int]:
        """First column of the track and its length."""
        source = source_width(self.size.width)
        after = 1 + VALUE_WIDTH + 2 + (1 + source if source else 0)
        return NAME_WIDTH + 1, max(_SHORTEST_TRACK, self.size.width - NAME_WIDTH - 1 - after)

    def render(self) -> RenderResult:
        """Name, track, value, source."""
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
        thumb = round(self.scale.position(self.place) * (length - 1))
        live = not (self.off or self.idle)
        sign = {-1: "◂", 0: "●" if live else "○", 1: "▸"}[self.scale.beyond(self.place)]
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
    def place(self) -> float:
        """The value whose place on the track is shown."""
        return self.off_value if self.value is None else self.value

    def show_value(self, value: float | None) -> None:
        """Show what is in force, unless a hand is ahead of it: an older value would take its last steps back."""
        if self._told is None:
            self.value = value

    def taken(self, value: float | None) -> None:
        """A value by hand is in force; if it was the last one, what comes from outside is shown again."""
        if self._told == (self.off_value if value is None else value):
            self._told = None

    # What a hand does

    def set_by_hand(self, value: float) -> None:
        """Show a value and say so, if it is another one."""
        if value != self.place:
            self.value = self._told = value
            self.post_message(self.Changed(self, value))

    def action_nudge(self, steps: int) -> None:
        """Fine (1) or coarse (10) steps."""
        self.set_by_hand(self.scale.nudge(self.place, steps))

    def action_jump(self, position: float) -> None:
        """To a place on the track, 0–1."""
        self.set_by_hand(self.scale.value(position))

    def _go_to(self, x: int) -> None:
        start, length = self.track()
        self.action_jump(min(max((x - start) / (length - 1), 0.0), 1.0))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """On the track: take the thumb. On the value: type."""
        start, length = self.track()
        event.stop()
        if start <= event.x < start + length:
            self.dragging = True
            self.capture_mouse()
            self._go_to(event.x)
        elif start + length <= event.x <= start + length + VALUE_WIDTH:
            self.open_entry()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag, if the thumb is held."""
        if self.dragging:
            event.stop()
            self._go_to(event.x)

    def on_mouse_up(self) -> None:
        """Let go."""
        self.dragging = False
        self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """More; with ctrl or shift ten times as much."""
        event.stop()
        self.action_nudge(10 if event.ctrl or event.shift else 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Less."""
        event.stop()
        self.action_nudge(-10 if event.ctrl or event.shift else -1)

    def typed(self, value: int | float) -> None:
        """A number was typed: it may be beyond the scale."""
        self.set_by_hand(value)

    def check(self, value: int | float) -> None:
        """In the parameter's range."""
        self.parameter.check(value)
