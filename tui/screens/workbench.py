"""The main screen: prompt, text, controls, candidates, plot and status, each a function of one picture."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from tui import keys, paths
from tui.core.story import How
from tui.explorer import requests
from tui.explorer.connection import Connection
from tui.explorer.display import Picture
from tui.explorer.engine import Connect, Engine
from tui.explorer.explorer import Explorer
from tui.explorer.finding import Finding
from tui.explorer.inspecting import PromptInspection
from tui.explorer.jumping import Jumping
from tui.explorer.navigation import Navigation
from tui.explorer.prompting import Prompting
from tui.explorer.reachability import Reachability
from tui.explorer.resuming import Resuming
from tui.explorer.status import EngineStatus
from tui.explorer.stepping import Stepping
from tui.explorer.touring import Touring
from tui.explorer.tuning import Tuning
from tui.explorer.undoing import Undoing
from tui.keys import Keymap
from tui.launch import LaunchOptions
from tui.protocol import Candidate, PlotRequest
from tui.screens import key_line, layout
from tui.screens.choices import Choices
from tui.screens.dialogs import Dialogs
from tui.screens.key_line import KeyLine
from tui.screens.lessons import Lessons
from tui.screens.outlets import Outlets
from tui.screens.panes import Panes
from tui.screens.sweeps import Sweeps
from tui.widgets import candidate_messages
from tui.widgets.controls import Controls
from tui.widgets.entry import NumberEntry
from tui.widgets.field import Field
from tui.widgets.plots.pane import PlotPane
from tui.widgets.prompt import PromptEditor
from tui.widgets.slider import Slider
from tui.widgets.text import StoryText

LOG = logging.getLogger("samplescope")
ALERT_SECONDS = 10
LEAVING = {
    True: "{interrupt} again ends; --resume opens it again; {save} saves the branch.",
    False: "{interrupt} again ends the program; {save} saves the branch.",
}
"""The question before the end, where the session is kept and where it is not."""
LEAVING_SECONDS = 6
"""How long the question stands."""


def bindings() -> list[BindingType]:
    """Every action of the table as a binding."""
    return [
        Binding(
            action.keys, action.action, action.name, show=False, tooltip=action.tooltip, id=action.id,
        )
        for action in keys.ACTIONS.values()
    ]  # fmt: skip


class Workbench(Screen[None]):
    """Puts the panes together, shows them the explorer's picture, and hands the explorer what they say."""

    BINDINGS: ClassVar[list[BindingType]] = bindings()
    AUTO_FOCUS = "#candidates"
    HORIZONTAL_BREAKPOINTS = layout.WIDTHS
    VERTICAL_BREAKPOINTS = layout.HEIGHTS

    def __init__(
        self,
        options: LaunchOptions,
        connect: Connect,
        keymap: Keymap | None = None,
        classes: str = "",
        *,
        keeping: bool = True,
    ) -> None:
        """`keeping`: keep the session when the program ends, and the prompts submitted last."""
        super().__init__(classes=classes)
        self._composed = False
        self.panes = Panes(options.prompt, keymap or Keymap())
        self.room = layout.Layout(self, self.panes)
        self.key_line = KeyLine(keymap or Keymap(), id="keys")
        self.explorer = Explorer(options, Engine(connect, self.deliver), self, keymap or Keymap())
        self.stepping = Stepping(self.explorer)
        self.tuning = Tuning(self.explorer)
        self.finding = Finding(self.explorer)
        self.navigation = Navigation(self.explorer, self.finding)
        self.prompting = Prompting(self.explorer)
        self.prompting.rewrite = self.panes.prompt.load_text
        self.resuming = Resuming(self.explorer, self.prompting, keeping=keeping)
        self.connection = Connection(self.explorer, self.prompting, self.resuming)
        self.dialogs = Dialogs(
            self, self.explorer, navigation=self.navigation, tuning=self.tuning, stepping=self.stepping,
            finding=self.finding, prompting=self.prompting, connection=self.connection,
        )  # fmt: skip
        self.outlets = Outlets(self, self.explorer, self.panes)
        self.sweeps = Sweeps(self, self.explorer, self.outlets)
        self.choices = Choices(self, self.explorer, tuning=self.tuning, room=self.room)
        touring = Touring(self.explorer, self.tuning, self.stepping, self.room)
        self.lessons = Lessons(self, self.panes, touring, keymap or Keymap(), options.language)
        features = (
            self, self.room, self.stepping, self.navigation, self.tuning, self.finding, self.prompting, self.connection,
            self.dialogs, self.choices, self.outlets, self.lessons, Undoing(self.explorer),
            PromptInspection(self.explorer, self.prompting, self.room.leave_prompt), self.sweeps,
            Jumping(self.explorer, self.navigation, Reachability(self.explorer)),
        )  # fmt: skip
        self._commands = {name: run for feature in features for name, run in feature.commands().items()}
        keys.check_commands(self._commands)

    def compose(self) -> ComposeResult:
        """Two columns over status and keys; in a narrow terminal one column."""
        yield Static(layout.TOO_SMALL, id="too-small")
        with Container(id="panes"):
            yield Vertical(self.panes.prompt, self.panes.lesson, self.panes.text, self.panes.controls, id="left")
            yield Vertical(self.panes.candidates, self.panes.plot, id="right")
        yield self.panes.status
        yield self.key_line

    def on_mount(self) -> None:
        """Show what is known."""
        self._composed = True
        self.show(Picture(), self.explorer.picture)

    def go_on(self) -> None:
        """Start what the first picture need not wait for: the engine."""
        self.connection.start()

    async def on_unmount(self) -> None:
        """The engine ends with the screen."""
        self._composed = False
        await self.explorer.engine.close()

    # -- what the explorer needs of a display --------------------------------------------------------------------

    def show(self, old: Picture, new: Picture) -> None:
        """Put the new picture in the place of the old one, once the panes are there."""
        if not self._composed:
            return
        self.panes.show(self.explorer.story, old, new)
        self.key_line.model = new.state.status not in (EngineStatus.LOST, EngineStatus.NO_MODEL)
        if any(getattr(old, part) != getattr(new, part) for part in ("chat", "add_special_tokens", "opened")):
            self._count()  # the same text is other tokens now

    def window(self) -> tuple[requests.Window, PlotRequest | None]:
        """The candidates in sight and some around, and what a plot in sight needs."""
        return self.panes.candidates.wanted, self.panes.plot.request if self.panes.plot.size.width else None

    def reveal(self, candidate: Candidate) -> None:
        """Bring a candidate into sight and highlight it."""
        self.panes.reveal(candidate)

    def alert(self, line: str) -> None:
        """A toast over a dialog; the status line, which says it too, lies behind that."""
        if self.app.screen is not self:
            self.notify(line, severity="error", markup=False, timeout=ALERT_SECONDS)

    def later(self, seconds: float, act: Callable[[], None]) -> Timer:
        """Do something after a while."""
        return self.set_timer(seconds, act)

    def deliver(self, act: Callable[[], None]) -> None:
        """Do something on the screen's own turn, behind the keys and messages that wait already.

        What it raises is logged and told, and ends nothing: what was on screen is still true.
        """
        self.call_later(self._safely, act)

    def _safely(self, act: Callable[[], None]) -> None:
        if not self.app.is_running:
            return  # the program ends: the widgets are going, one screen after the other
        try:
            act()
        except Exception as error:
            LOG.exception("what the engine told could not be shown")
            self.explorer.fail(f"A fault in samplescope: {type(error).__name__}. {paths.state_dir()} has the log.")

    @contextmanager
    def plain_terminal(self) -> Iterator[bool]:
        """Leave the screen meanwhile."""
        try:
            with self.app.suspend():
                yield True
        except SuspendNotSupported:
            yield False

    # -- what the panes say --------------------------------------------------------------------------------------

    @on(candidate_messages.Wanted)
    def _wanted(self, message: candidate_messages.Wanted) -> None:
        if (viewed := self.explorer.picture.viewed) is not None:
            plot = message.control is self.panes.plot
            slot, pane = (requests.POINT, self.panes.plot) if plot else (requests.SCROLL, self.panes.candidates)
            wanted = requests.scroll_view(viewed, (message.first, message.count), slot)
            self.explorer.engine.view(wanted, pane.add_candidates)

    @on(candidate_messages.Take)
    def _take(self, message: candidate_messages.Take) -> None:
        self.stepping.take(message.token)

    @on(PlotPane.RequestChanged)
    def _plot_changed(self) -> None:
        self.explorer.request_view()

    @on(PlotPane.Revealed)
    def _revealed(self, message: PlotPane.Revealed) -> None:
        self.room.show_plot("")
        self.call_after_refresh(self.panes.candidates.reveal, message.rank)

    @on(StoryText.Clicked)
    def _clicked(self, message: StoryText.Clicked) -> None:
        self.navigation.visit(message.node_id)

    @on(Controls.Changed)
    def _changed(self, message: Controls.Changed) -> None:
        self.tuning.change(message.name, message.value)
        self.panes.controls.confirm(message.name, message.value)

    @on(Controls.Off)
    def _off(self, message: Controls.Off) -> None:
        self.tuning.off(message.name)

    @on(Controls.Back)
    def _to_source(self, message: Controls.Back) -> None:
        self.tuning.to_source(message.name)

    @on(Controls.SeedChanged)
    def _seed(self, message: Controls.SeedChanged) -> None:
        self.tuning.seed(message.seed)

    @on(PromptEditor.Edited)
    def _edited(self, message: PromptEditor.Edited) -> None:
        self.prompting.text = message.text
        self._count()

    @on(PromptEditor.Submitted)
    def _submit(self, message: PromptEditor.Submitted) -> None:
        self.panes.home.focus()
        self.prompting.text = message.text
        self.prompting.submit()

    def _count(self) -> None:
        self.prompting.count(self.panes.count)

    @on(events.Resize)
    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _fold(self) -> None:
        self.room.fold()
        self._show_keys()

    @on(NumberEntry.Typing)
    def _show_keys(self) -> None:
        self.key_line.here = key_line.mode(self.focused)

    @on(events.ScreenSuspend)
    def _under_a_dialog(self) -> None:
        self.key_line.here = key_line.DIALOG

    @on(events.ScreenResume)
    def _alone_again(self) -> None:
        self._show_keys()

    # -- actions -------------------------------------------------------------------------------------------------

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """What only a screen can do, by action id."""
        return {
            "take": self.take, "stop": self.stop, "interrupt": self.interrupt,
            "unit": self.panes.candidates.action_unit, "off": lambda: self._tune(off=True),
            "source": lambda: self._tune(off=False),
        }  # fmt: skip

    @property
    def keymap(self) -> Keymap:
        """The person's keys."""
        return self.explorer.keymap

    def action_do(self, action: str) -> None:
        """Run an action of the table."""
        self.explorer.do(self._commands[action])

    def set_parameter(self, name: str) -> None:
        """Open the list of all parameters at one of them."""
        self.dialogs.parameters(name)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a prompt is written its editor takes the letters."""
        editing = isinstance(self.focused, PromptEditor)
        return not (action == "do" and editing and keys.taken_by_editor(self.keymap.of(str(parameters[0]))))

    def action_select_prompt(self) -> None:
        """Select the whole text of the prompt editor."""
        self.panes.prompt.select_all()

    def _tune(self, *, off: bool) -> None:
        """Turn the focused slider's parameter off, or give it back to its source; a number field has a source only."""
        if isinstance(self.focused, Slider) and off:
            self.panes.controls.action_off()
        elif isinstance(self.focused, Slider | Field) and not off:
            self.panes.controls.action_back()
        else:
            self.explorer.say(self.explorer.phrase("{controls} goes to the sliders; this key is about one of them."))

    def take(self) -> None:
        """Take the highlighted candidate; in the list only, so that a branch is never made by accident."""
        if self.focused not in (None, self.panes.candidates) or not self.panes.candidates.display:
            self.explorer.say(self.explorer.phrase("{take} takes a token in the list of candidates."))
        elif (candidate := self.panes.candidates.highlighted) is not None:
            self.stepping.take(candidate.token)

    def stop(self) -> None:
        """Stop what is under way; where nothing is, end the zoom, or leave the pane that has the keys."""
        if self.explorer.stop() or self.room.unzoom():
            return
        if self.focused is self.panes.home:
            self.explorer.say("There is nothing to stop.")
        self.panes.home.focus()

    def interrupt(self) -> None:
        """Copy what is selected, or stop what is under way; else end, at the second press where tokens were drawn."""
        if selected := self.get_selected_text():
            self.outlets.copy("the selection", selected)
            self.clear_selection()
            return
        if self.explorer.stop():
            return
        question = self.explorer.phrase(LEAVING[self.resuming.keeping])
        drawn = any(node.how is not How.PROMPT for node in self.explorer.story)
        if drawn and self.explorer.picture.message != question:
            self.explorer.say(question)
            self.later(LEAVING_SECONDS, lambda: self._unsay(question))
        else:
            self.app.call_later(self.app.run_action, "quit")

    def _unsay(self, message: str) -> None:
        if self.explorer.picture.message == message:
            self.explorer.say("")
