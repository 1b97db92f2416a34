"""The main screen: prompt, text, controls, candidates, plot and status, each a function of one picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.geometry import Size
from textual.getters import query_one
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, Static

from tui import keys
from tui.core.story import ROOT, How
from tui.explorer import requests
from tui.explorer.connection import Connection
from tui.explorer.display import Picture
from tui.explorer.engine import Connect, Engine
from tui.explorer.explorer import Explorer
from tui.explorer.finding import Finding
from tui.explorer.navigation import Navigation
from tui.explorer.prompting import Prompting
from tui.explorer.reachability import Reachability
from tui.explorer.status import SENTENCES, EngineStatus
from tui.explorer.stepping import Stepping
from tui.explorer.tuning import Tuning
from tui.keys import Keymap
from tui.launch import LaunchOptions
from tui.protocol import Axis, Row
from tui.screens.dialogs import Dialogs
from tui.widgets import candidate_messages
from tui.widgets.candidates import CandidateList
from tui.widgets.controls import Controls
from tui.widgets.plot import CumulativePlot
from tui.widgets.prompt import PromptEditor
from tui.widgets.status import StatusLine, perplexity
from tui.widgets.text import StoryText

WIDE = 100
"""Columns from which there are two columns of panes."""
LEAST = "samplescope needs at least 60x15"
ALERT_SECONDS = 10


def room(size: Size) -> str:
    """The classes that the breakpoints give a screen of this size: known from the start, its styles are made once."""
    return " ".join(
        max((least, name) for least, name in breakpoints if length >= least)[1]
        for length, breakpoints in zip(
            size, (Workbench.HORIZONTAL_BREAKPOINTS, Workbench.VERTICAL_BREAKPOINTS), strict=True
        )
    )


def bindings() -> list[BindingType]:
    """Every action of the table as a binding."""
    return [
        Binding(
            action.keys, action.action, action.name, show=action.shown, key_display=keys.shown_key(first),
            tooltip=action.tooltip, id=action.id,
        )
        for action in keys.ACTIONS.values()
        for first in [action.keys.split(",")[0]]
    ]  # fmt: skip


class Workbench(Screen[None]):
    """Puts the panes together, shows them the explorer's picture, and hands the explorer what they say."""

    BINDINGS: ClassVar[list[BindingType]] = bindings()
    AUTO_FOCUS = "#candidates"
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (15, "-low"), (21, "-short"), (28, "-medium"), (36, "-tall")]  # noqa: RUF012

    prompt = query_one("#prompt", PromptEditor)
    text = query_one("#text", StoryText)
    controls = query_one("#controls", Controls)
    candidates = query_one("#candidates", CandidateList)
    plot = query_one("#plot", CumulativePlot)
    status = query_one("#status", StatusLine)

    def __init__(
        self, options: LaunchOptions, connect: Connect, keymap: Keymap | None = None, classes: str = ""
    ) -> None:
        super().__init__(classes=classes)
        self._composed = False
        self.explorer = Explorer(options, Engine(connect, self.deliver), self, keymap or Keymap())
        self.stepping = Stepping(self.explorer)
        self.navigation = Navigation(self.explorer)
        self.tuning = Tuning(self.explorer)
        self.finding = Finding(self.explorer)
        self.reachability = Reachability(self.explorer)
        self.prompting = Prompting(self.explorer)
        self.connection = Connection(self.explorer, self.prompting)
        self.dialogs = Dialogs(
            self, self.explorer, navigation=self.navigation, tuning=self.tuning, finding=self.finding,
            prompting=self.prompting, connection=self.connection,
        )  # fmt: skip
        features = (
            self, self.stepping, self.navigation, self.tuning, self.finding, self.prompting, self.connection,
            self.dialogs,
        )  # fmt: skip
        self._commands = {name: run for feature in features for name, run in feature.commands().items()}
        keys.check_commands(self._commands)

    def compose(self) -> ComposeResult:
        """Two columns over status and keys; in a narrow terminal one column."""
        yield Static(LEAST, id="too-small")
        with Container(id="panes"):
            with Vertical(id="left"):
                yield PromptEditor(self.prompting.text, id="prompt")
                yield StoryText(id="text")
                yield Controls(id="controls")
            with Vertical(id="right"):
                yield CandidateList(id="candidates")
                yield CumulativePlot(id="plot")
        yield StatusLine(id="status")
        yield Container(id="keys")

    def on_mount(self) -> None:
        """Show what is known."""
        self._composed = True
        self.prompt.submit_key = self.explorer.phrase("{submit}")
        self.show(Picture(), self.explorer.picture)

    async def go_on(self) -> None:
        """What the first picture need not wait for: the keys' line, the engine."""
        self.connection.start()
        await self.query_one("#keys").mount(Footer(show_command_palette=False, compact=True))
        self.refresh_bindings()  # a footer shows nothing before it is told of them

    async def on_unmount(self) -> None:
        """The engine ends with the screen."""
        self._composed = False
        await self.explorer.engine.close()

    # -- the picture to the panes: `Display` ---------------------------------------------------------------------

    def show(self, old: Picture, new: Picture) -> None:
        """Hand each pane its part; each draws only what changed."""
        if not self._composed:
            return  # it is shown when the panes are there
        self._show_text(new)
        self._show_settings(old, new)
        self._show_viewed(new)
        self._show_status(old, new)
        if old.chat != new.chat:
            self.prompt.chat = new.chat
            self._count()
        self.prompt.submitted = new.submitted

    def _show_text(self, new: Picture) -> None:
        self.text.path = new.branch
        self.text.cursor = new.state.cursor
        self.text.fresh = new.state.fresh
        self.text.unreachable = dict(new.unreachable)
        waits = new.state.status is not EngineStatus.IDLE and new.state.cursor == ROOT
        self.text.empty = (
            "The prompt stands here once it is read."
            if waits
            else self.explorer.phrase("{edit} edits the prompt, {submit} submits it.")
        )
        drawn = sum(node.how is not How.PROMPT for node in new.branch)
        title = f"Text · {drawn:,} new" if drawn else "Text"
        if title != self.text.border_title:  # setting it repaints the pane
            self.text.border_title = title

    def _show_settings(self, old: Picture, new: Picture) -> None:
        self.controls.settings = new.state.settings()
        self.controls.preset_names = new.state.preset
        self.controls.seed = new.state.seed
        if new.opened is not None and new.opened is not old.opened:
            self.controls.vocabulary = new.opened.vocabulary
            self._count()

    def _show_viewed(self, new: Picture) -> None:
        """Rows are named only once they are there: never those of one place under the name of another."""
        if new.viewed is None:
            self.candidates.nothing = self.plot.nothing = new.placeholder
        if new.viewed is None or new.viewed.at == new.state.cursor:
            self.candidates.viewed = new.viewed
            self._name_rows(new)
        self.plot.viewed = self.status.viewed = new.viewed

    def _name_rows(self, new: Picture) -> None:
        """Say where the rows belong, and with which of them the branch goes on."""
        story, cursor, after = self.explorer.story, new.state.cursor, new.state.next_node(self.explorer.story)
        self.candidates.place = f"after token {story[cursor].position + 1:,}" if cursor in story else ""
        self.candidates.goes_on = after.token if after else None
        self.candidates.fresh = after.token if after and after.id == new.state.fresh else None

    def _show_status(self, old: Picture, new: Picture) -> None:
        if old.state.cursor != new.state.cursor or old.branch != new.branch or self.status.node is None:
            path = self.explorer.story.path(new.state.cursor)
            self.status.node = path[-1] if path else None
            self.status.perplexity = perplexity(path)
        self.status.running = SENTENCES[new.state.status].running
        self.status.opened, self.status.host = new.opened, new.host
        self.status.progress, self.status.message = new.progress, new.message

    def window(self) -> tuple[requests.Rows, Axis | None]:
        """The rows in sight and some around, and the axis of a plot in sight."""
        return self.candidates.wanted, self.plot.axis if self.plot.size.width else None

    def reveal(self, row: Row) -> None:
        """Show a candidate in the list; one of the unseen tail, whose place nobody knows, in the tail's line."""
        if row.rank:
            self.candidates.reveal(row.rank)
        else:
            self.candidates.reveal_unseen(row)

    def alert(self, line: str) -> None:
        """A toast, for as long as it takes to read."""
        self.notify(line, severity="error", markup=False, timeout=ALERT_SECONDS)

    def later(self, seconds: float, act: Callable[[], None]) -> Timer:
        """Do something after a while."""
        return self.set_timer(seconds, act)

    def deliver(self, act: Callable[[], None]) -> None:
        """Do something on the screen's own turn, behind the keys and messages that wait already."""
        self.call_later(act)

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
    def _rows_wanted(self, message: candidate_messages.Wanted) -> None:
        if (viewed := self.explorer.picture.viewed) is not None:
            wanted = requests.scroll_view(viewed, (message.first, message.count))
            self.explorer.engine.view(wanted, self.candidates.add_rows)

    @on(candidate_messages.Take)
    def _take_row(self, message: candidate_messages.Take) -> None:
        self.stepping.take(message.token)

    @on(CumulativePlot.AxisChanged)
    def _axis_changed(self) -> None:
        self.explorer.look()

    @on(StoryText.Clicked)
    def _clicked(self, message: StoryText.Clicked) -> None:
        self.navigation.visit(message.node_id)

    @on(Controls.Changed)
    def _changed(self, message: Controls.Changed) -> None:
        self.tuning.change(message.name, message.value)
        self.controls.taken(message.name, message.value)

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
        self.candidates.focus()
        self.prompting.text = message.text
        self.prompting.submit()

    def _count(self) -> None:
        def counted(tokens: int) -> None:
            self.prompt.count = tokens

        self.prompting.count(counted)

    # -- actions -------------------------------------------------------------------------------------------------

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """What only a screen can do, by action id."""
        return {
            "take": self.take, "stop": self.stop, "unit": lambda: self.candidates.action_unit(),
            "off": lambda: self.controls.action_off(), "source": lambda: self.controls.action_back(),
            "controls": self.go_to_controls, "edit": self.go_to_prompt, "plot": self.switch_plot,
            "theme": self.next_theme,
        }  # fmt: skip

    def action_do(self, action: str) -> None:
        """Run an action of the table."""
        self._commands[action]()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a prompt is written its editor takes the letters: only what has another key is on offer."""
        if action != "do" or not isinstance(self.focused, PromptEditor):
            return True
        return not keys.typed(self.explorer.keymap.of(str(parameters[0])))

    def take(self) -> None:
        """Take the highlighted candidate."""
        if (row := self.candidates.highlighted) is not None:
            self.stepping.take(row.token)

    def stop(self) -> None:
        """Stop what is under way; where nothing is, leave the pane that has the keys."""
        if not self.explorer.stop():
            self.candidates.focus()

    def next_theme(self) -> None:
        """The next theme, samplescope's own first."""
        names = list(self.app.available_themes)
        own = getattr(self.app, "own_themes", None) or names
        here = own.index(self.app.theme) if self.app.theme in own else -1
        self.app.theme = own[(here + 1) % len(own)]
        self.explorer.say(f"Theme {self.app.theme}.")

    # -- room ----------------------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Where there is little room the controls are one line, until they are gone to."""
        self._fold_controls()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _fold_controls(self) -> None:
        little = self.size.width < WIDE and self.size.height < 36
        inside = self.focused is not None and self.controls in self.focused.ancestors_with_self
        self.set_class(little and inside, "-knobs")
        self.set_class(self.focused is self.prompt, "-writing")
        self.controls.compact = little and not inside

    def go_to_controls(self) -> None:
        """Go to the first slider."""
        self.controls.compact = False
        self.controls.query("Slider").first().focus()

    def go_to_prompt(self) -> None:
        """Go to the prompt editor, which in a low terminal appears for it."""
        self.add_class("-writing")
        if self.prompt.focusable:  # at once: what is typed next is meant for it
            self.prompt.focus()
        else:
            self.call_after_refresh(self.prompt.focus)

    def switch_plot(self) -> None:
        """Show or hide the plot, whatever the size."""
        hidden, asked = ("-no-plot", "-plot") if self.plot.display else ("-plot", "-no-plot")
        if self.has_class(asked):
            self.remove_class(asked)
        else:
            self.add_class(hidden)
        self.call_after_refresh(self._focus_something)

    def _focus_something(self) -> None:
        """The pane that had the focus may have made room for another."""
        if self.focused is None:
            self.candidates.focus()
