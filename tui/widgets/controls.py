"""The sampling parameters: sliders for the most used ones, and a line for the others in force, all with sources."""

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

from tui.core.labels import is_greedy, is_off, source_text, unasked
from tui.core.settings import DEFAULT_SEED, OFF, Setting, Settings
from tui.core.stages import MAX_NEW_TOKENS, SEED, SPOKEN_ORDER
from tui.widgets import in_force
from tui.widgets.entry import NumberEntry
from tui.widgets.field import Field
from tui.widgets.scale import Scale
from tui.widgets.slider import Slider

WITH_SLIDER = {name: parameter for name, parameter in SPOKEN_ORDER.items() if parameter.track is not None}
"""The parameters that have a slider, from top to bottom."""

HELP = """\
# Controls

What is in force, and who decided it. None of it reaches the model: the list, the curve and the text follow at once.

- `←` `→` a step, with `shift` ten; `home` `end` the ends; wheel and drag; or type a number: `⏎` uses it, `esc` does not
- `o` off: the value at which it does nothing; `b` back to its source
- *you*, *preset*, *model* (its generation_config.json), *default* (transformers' own), *samplescope*: who decided
- `⚑` a default of transformers that acts: it applies top-k 50 where neither you nor the model set a top-k
- `○` off, `●` acting
"""
HINT = "←→ move · digits type · o off · b source"
FIELD_HINT = "digits type · b source"
_ROOM_FOR_NOTES = 47


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
    """Shows the settings in force and their sources, and posts the person's changes; the screen holds the settings."""

    HELP = HELP
    DEFAULT_CSS = _CSS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o,backspace", "off", "Off", show=False),
        Binding("b,delete", "back", "Back to its source", show=False),
        Binding("up,k", "app.focus_previous", "Row above", show=False),
        Binding("down,j", "app.focus_next", "Row below", show=False),
    ]

    settings: var[Settings] = var[Settings]({}, init=False)
    preset_names: var[frozenset[str]] = var[frozenset[str]](frozenset(), init=False)
    """Names of the parameters set by a preset."""
    seed: var[int] = var(DEFAULT_SEED, init=False)
    vocabulary: var[int | None] = var[int | None](None, init=False)
    """Vocabulary size, the right end of top-k's slider; None until a model is open."""
    compact: var[bool] = var(False, toggle_class="-compact")
    """True for a single read-only line, in short terminals."""

    numbers = query_one("#numbers", Horizontal)
    also = query_one("#also", Static)
    note = query_one("#note", Static)
    line = query_one("#line", Static)

    class Changed(Message):
        """The person changed a parameter; of several messages in the queue only the last is delivered."""

        def __init__(self, name: str, value: float | None) -> None:
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
        """Give a parameter back to its source, the model or transformers."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class SeedChanged(Message):
        """The person set another seed."""

        def __init__(self, seed: int) -> None:
            super().__init__()
            self.seed = seed

    def compose(self) -> ComposeResult:
        """The sliders, the two number fields, two lines of text, and the compact form's line."""
        for parameter in WITH_SLIDER.values():
            yield Slider(parameter, Scale.of(parameter, self.vocabulary))
        with Horizontal(id="numbers"):
            yield Field(SEED)
            yield Field(MAX_NEW_TOKENS)
        yield Static(id="also")
        yield Static(id="note")
        yield Static(id="line")

    def on_mount(self) -> None:
        """Set the title, and show the settings given before mounting."""
        self.border_title = "Controls"
        self._show_all()

    def on_resize(self) -> None:
        """Show the number fields with or without their sources, and the note in the words there is room for."""
        self._show_numbers()
        self._show_note()

    # From the screen to the rows

    def watch_settings(self) -> None:
        """Show the new settings."""
        self._show()

    def watch_preset_names(self) -> None:
        """Show the settings again: their sources may have changed."""
        self._show()

    def watch_seed(self) -> None:
        """Show the new seed."""
        self._show()

    def watch_vocabulary(self, vocabulary: int | None) -> None:
        """Give each slider its scale: top-k's ends at the vocabulary size."""
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
        _set_text(self.also, f"also {' · '.join(others)}")
        self.also.set_class(not others, "-none")
        self._show_note()
        _set_text(self.line, in_force.line(self.settings, WITH_SLIDER, self.preset_names, self.seed))

    def _show_row(self, slider: Slider, setting: Setting) -> None:
        name = slider.parameter.name
        slider.off = is_off(name, setting.value)
        slider.idle = is_greedy(self.settings)
        slider.flagged = unasked(name, setting)
        slider.source = source_text(name, setting, self.preset_names)
        slider.show_value(setting.number)

    def _show_numbers(self) -> None:
        seed, most = self.query_one("#seed", Field), self.query_one("#max_new_tokens", Field)
        seed.value = self.seed
        setting = self.settings.get("max_new_tokens")
        most.value = int(setting.value) if setting and setting.value is not None else None
        roomy = self.size.width >= _ROOM_FOR_NOTES
        most.note = source_text("max_new_tokens", setting, self.preset_names) if setting and roomy else ""

    def _show_note(self, wrong: str = "") -> None:
        """Show why a typed number was rejected, else the note on the settings (`in_force.note`)."""
        text = wrong or in_force.note(self.settings, self.content_size.width)
        _set_text(self.note, text)
        self.note.set_class(bool(wrong), "-wrong").set_class(bool(text) and not wrong, "-loud")

    def confirm(self, name: str, value: float | None) -> None:
        """Tell the sliders that the person's change to `value` is now in `settings`."""
        for slider in self.query(Slider):
            if slider.parameter.name == name:
                slider.confirm(value)

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

    @on(NumberEntry.Typing)
    def _typing(self) -> None:
        self._show_note()

    @on(NumberEntry.Rejected)
    def _rejected(self, event: NumberEntry.Rejected) -> None:
        event.stop()
        self._show_note(event.reason)

    def _focused(self) -> str:
        row = next((row for row in self.query(NumberEntry) if row.has_focus), None)
        return row.id or "" if row is not None else ""

    def action_off(self) -> None:
        """Post `Off` for the focused row's parameter."""
        name = self._focused()
        if name in OFF:
            self.post_message(self.Off(name))

    def action_back(self) -> None:
        """Post `Back` for the focused row's parameter; the seed goes back to its default."""
        name = self._focused()
        if name == "seed":
            self.post_message(self.SeedChanged(DEFAULT_SEED))
        elif name:
            self.post_message(self.Back(name))

    def on_descendant_focus(self) -> None:
        """Show which keys a row takes."""
        self._hint()

    def on_descendant_blur(self) -> None:
        """Update the hint: when the focus moves between rows, blur may come before or after the other row's focus."""
        self._hint()

    def _hint(self) -> None:
        """Show the keys of a focused row in the lower border, or in the title if there is no lower border."""
        hint = {"": "", SEED.name: FIELD_HINT, MAX_NEW_TOKENS.name: FIELD_HINT}.get(self._focused(), HINT)
        boxed = self.styles.border_bottom[0] not in ("", "none")
        self.border_subtitle = hint if boxed else ""
        self.border_title = f"Controls · {hint}" if hint and not boxed else "Controls"


def _set_text(line: Static, text: str) -> None:
    """Set a line's text without a layout of the screen, which took 40 ms each time a slider moved."""
    if str(line.content) != text:
        line.update(Content(text), layout=False)
