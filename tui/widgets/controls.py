"""The sampling parameters: a slider each for those that matter most, and what else is in force, with sources."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.getters import query_one
from textual.message import Message
from textual.reactive import var
from textual.widget import Widget
from textual.widgets import Static

from tui.core.settings import DEFAULT_SEED, OFF, Setting, Settings, Value
from tui.core.stages import MAX_NEW_TOKENS, SEED, SPOKEN_ORDER
from tui.widgets import in_force
from tui.widgets.entry import NumberEntry
from tui.widgets.field import Field
from tui.widgets.labels import greedy, off, source_text, unasked
from tui.widgets.scale import Scale
from tui.widgets.slider import Slider

WITH_SLIDER = {name: parameter for name, parameter in SPOKEN_ORDER.items() if parameter.track is not None}
"""The parameters that have a slider, from top to bottom."""

HINT = "←→ move · digits type · o off · b source"
_ROOM_FOR_NOTES = 45


_CSS = """
Controls {
    height: auto; width: 1fr; padding: 0 1; border: round $border-blurred;
    border-title-color: $quiet; border-subtitle-color: $quiet;
    &:focus-within { border: round $live; border-title-color: $live; }
    & > #numbers { height: 1; }
    & > Static { height: 1; width: 1fr; color: $quiet; text-wrap: nowrap; text-overflow: ellipsis; }
    & > #note.-loud { color: $cut; text-style: bold; }
    & > #note.-wrong { color: $text-error; text-style: bold; }
    & > #also.-none { display: none; }
    & > #line { display: none; color: $foreground; }
    &.-compact { border: none; }
    &.-compact > * { display: none; }
    &.-compact > #line { display: block; }
}
"""


class Controls(Widget):
    """What is in force, who decided it, and hands on it. State is the screen's: it answers each message."""

    DEFAULT_CSS = _CSS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o,backspace", "off", "Off", show=False),
        Binding("b,delete", "back", "Back to its source", show=False),
        Binding("up", "app.focus_previous", "Row above", show=False),
        Binding("down", "app.focus_next", "Row below", show=False),
    ]

    settings: var[Settings] = var[Settings]({}, init=False)
    preset_names: var[frozenset[str]] = var[frozenset[str]](frozenset(), init=False)
    """Parameters that the person set by choosing a preset."""
    seed: var[int] = var(DEFAULT_SEED, init=False)
    vocabulary: var[int | None] = var[int | None](None, init=False)
    """The right end of top-k's slider; None for as long as no model is open."""
    compact: var[bool] = var(False, toggle_class="-compact")
    """One line that only tells, for short terminals."""

    numbers = query_one("#numbers", Horizontal)
    also = query_one("#also", Static)
    note = query_one("#note", Static)
    line = query_one("#line", Static)

    class Changed(Message):
        """A parameter got a value by hand; of several waiting only the last is delivered."""

        def __init__(self, name: str, value: Value) -> None:
            super().__init__()
            self.name = name
            self.value = value

        def can_replace(self, message: Message) -> bool:
            """True for an older value of the same parameter."""
            return isinstance(message, Controls.Changed) and message.name == self.name

    class Off(Message):
        """Set a parameter to the value at which it does nothing."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Back(Message):
        """Forget what the person set: the parameter goes back to its source."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class SeedChanged(Message):
        """Another seed."""

        def __init__(self, seed: int) -> None:
            super().__init__()
            self.seed = seed

    def compose(self) -> ComposeResult:
        """The sliders, the numbers, two lines of text, and the line of the compact form."""
        for parameter in WITH_SLIDER.values():
            yield Slider(parameter, Scale.of(parameter, self.vocabulary))
        with Horizontal(id="numbers"):
            yield Field(SEED)
            yield Field(MAX_NEW_TOKENS)
        yield Static(id="also")
        yield Static(id="note")
        yield Static(id="line")

    def on_mount(self) -> None:
        """A title, and what was set before."""
        self.border_title = "Controls"
        self._show_all()

    def on_resize(self) -> None:
        """With more or less room for words."""
        self._show_numbers()

    # From the screen to the rows

    def watch_settings(self) -> None:
        """Show them."""
        self._show()

    def watch_preset_names(self) -> None:
        """Sources may read otherwise."""
        self._show()

    def watch_seed(self) -> None:
        """Show it."""
        self._show()

    def watch_vocabulary(self, vocabulary: int | None) -> None:
        """A slider that reaches to the last token has another end."""
        for slider in self.query(Slider):
            slider.scale = Scale.of(slider.parameter, vocabulary)

    def _show(self) -> None:
        if self.is_mounted:
            self._show_all()

    def _show_all(self) -> None:
        for slider in self.query(Slider):
            if slider.parameter.name in self.settings:
                self._show_row(slider, self.settings[slider.parameter.name])
        self._show_numbers()
        others = in_force.others(self.settings, WITH_SLIDER, self.preset_names)
        _tell(self.also, f"also {' · '.join(others)}")
        self.also.set_class(not others, "-none")
        self._show_note()
        _tell(self.line, in_force.line(self.settings, WITH_SLIDER, self.preset_names, self.seed))

    def _show_row(self, slider: Slider, setting: Setting) -> None:
        name = slider.parameter.name
        slider.off = off(name, setting.value)
        slider.idle = greedy(self.settings)
        slider.flagged = unasked(name, setting)
        slider.source = source_text(name, setting, self.preset_names)
        slider.show_value(setting.value)

    def _show_numbers(self) -> None:
        seed, most = self.query_one("#seed", Field), self.query_one("#max_new_tokens", Field)
        seed.value = self.seed
        setting = self.settings.get("max_new_tokens")
        most.value = int(setting.value) if setting and setting.value is not None else None
        roomy = self.size.width >= _ROOM_FOR_NOTES
        most.note = source_text("max_new_tokens", setting, self.preset_names) if setting and roomy else ""

    def _show_note(self, wrong: str = "") -> None:
        """What is wrong with what was typed, or else what everybody should know."""
        text = wrong or in_force.note(self.settings)
        _tell(self.note, text)
        self.note.set_class(bool(wrong), "-wrong").set_class(bool(text) and not wrong, "-loud")

    def taken(self, name: str, value: Value) -> None:
        """A change by hand is in `settings`."""
        for slider in self.query(Slider):
            if slider.parameter.name == name:
                slider.taken(value)

    # From the rows to the screen

    @on(Slider.Changed)
    def _slider_changed(self, event: Slider.Changed) -> None:
        event.stop()
        name = event.slider.parameter.name
        at_off = event.value == event.slider.off_value
        self._show_note()
        self.post_message(self.Changed(name, OFF[name] if at_off else event.value))

    @on(Field.Changed)
    def _field_changed(self, event: Field.Changed) -> None:
        event.stop()
        self._show_note()
        name = event.field.parameter.name
        self.post_message(self.SeedChanged(event.value) if name == "seed" else self.Changed(name, event.value))

    @on(NumberEntry.Rejected)
    def _rejected(self, event: NumberEntry.Rejected) -> None:
        event.stop()
        self._show_note(event.reason)

    def _focused(self) -> str:
        row = next((row for row in self.query(NumberEntry) if row.has_focus), None)
        return row.id or "" if row is not None else ""

    def action_off(self) -> None:
        """The focused row's parameter does nothing from now on."""
        name = self._focused()
        if name in OFF:
            self.post_message(self.Off(name))

    def action_back(self) -> None:
        """The focused row's parameter goes back to where it came from."""
        name = self._focused()
        if name == "seed":
            self.post_message(self.SeedChanged(DEFAULT_SEED))
        elif name:
            self.post_message(self.Back(name))

    def on_descendant_focus(self) -> None:
        """Say which keys a row takes."""
        self._hint()

    def on_descendant_blur(self) -> None:
        """From row to row this comes before or after the other's focus: look who has it."""
        self._hint()
        self._show_note()

    def _hint(self) -> None:
        """In the lower border, or in the upper one where that is the only one."""
        hint = HINT if self._focused() else ""
        boxed = self.styles.border_bottom[0] not in ("", "none")
        self.border_subtitle = hint if boxed else ""
        self.border_title = f"Controls · {hint}" if hint and not boxed else "Controls"


def _tell(line: Static, text: str) -> None:
    """Write a line whose size never changes: laying out the whole screen for it took 40 ms each time a slider moved."""
    if str(line.content) != text:
        line.update(Content(text), layout=False)
