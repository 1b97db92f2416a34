"""The main screen: prompt, text, controls, candidates, plot and status, round one state."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.geometry import Size
from textual.getters import query_one
from textual.widgets import Footer, Static

from tui import keys
from tui.core.story import ROOT, How
from tui.protocol import Axis, Viewed
from tui.screens import requests
from tui.screens.choosing import Choosing
from tui.screens.look import Looks
from tui.screens.moves import Moves
from tui.screens.outlets import Outlets
from tui.screens.state import Busy, State
from tui.screens.tuning import Tuning
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


NO_PROMPT = "No candidates yet: e edits the prompt, F2 submits it."
_WAITS = {
    Busy.STARTING: "The engine starts.",
    Busy.OPENING: "The model loads. Its candidates for the prompt appear here by themselves.",
    Busy.PROMPT: "The model reads the prompt; esc gives it up.",
    Busy.LOST: "The engine is gone; R starts it again.",
    Busy.NO_MODEL: "There is no model; R tries again.",
}


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


class Workbench(Moves, Tuning, Outlets, Choosing, Looks):
    """Puts the panes together and hands them what they show; what happens is in the pieces it is made of."""

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

    def compose(self) -> ComposeResult:
        """Two columns over status and keys; in a narrow terminal one column."""
        yield Static(LEAST, id="too-small")
        with Container(id="panes"):
            with Vertical(id="left"):
                yield PromptEditor(self.options.prompt, id="prompt")
                yield StoryText(id="text")
                yield Controls(id="controls")
            with Vertical(id="right"):
                yield CandidateList(id="candidates")
                yield CumulativePlot(id="plot")
        yield StatusLine(id="status")
        yield Container(id="keys")

    def on_mount(self) -> None:
        """Show what is known."""
        self.prompt.submit_key = keys.shown_keys(self.keymap.get("submit", keys.ACTIONS["submit"].keys))
        self.watch_state(self.state, self.state)

    async def go_on(self) -> None:
        """What the first picture need not wait for: the keys' line, the engine."""
        self.start()
        await self.query_one("#keys").mount(Footer(show_command_palette=False, compact=True))
        self.refresh_bindings()  # a footer shows nothing before it is told of them

    async def on_unmount(self) -> None:
        """The engine ends with the screen."""
        await self.session.close()

    # -- state to panes ------------------------------------------------------------------------------------------

    def show_state(self, old: State, new: State) -> None:
        """Hand the new state to the panes; each draws only what changed."""
        self.text.path = self.branch
        self.text.cursor = new.cursor
        self.text.fresh = new.fresh
        self.controls.settings = new.settings()
        self.controls.preset_names = new.preset
        self.controls.seed = new.seed
        if self.shown is None or self.shown.at == new.cursor:
            self._name_rows()
        if old.cursor != new.cursor or self.status.node is None:
            path = self.story.path(new.cursor)
            self.status.node = path[-1] if path else None
            self.status.perplexity = perplexity(path)
        self.status.running = str(new.busy)
        self._name_nothing(new)
        self._name_places()

    def show_view(self, viewed: Viewed | None, instead: str = "") -> None:
        """Hand the newest view to the panes that are functions of it."""
        if instead:
            self.candidates.nothing = self.plot.nothing = instead
        self.candidates.viewed = viewed
        self._name_rows()
        self.plot.viewed = viewed
        self.status.viewed = viewed
        self._name_places()

    def window(self) -> tuple[requests.Rows, Axis | None]:
        """The rows in sight and some around, and the axis of a plot in sight."""
        return self.candidates.wanted, self.plot.axis if self.plot.size.width else None

    def show_reach(self) -> None:
        """Mark the tokens that could no longer be drawn."""
        self.text.unreachable = self.reach.unreachable

    def say(self, message: str) -> None:
        """One line in the status line."""
        self.status.message = message

    def _name_places(self) -> None:
        """Titles: how much was drawn, where the cursor stands, what a step would draw."""
        new = sum(node.how is not How.PROMPT for node in self.branch)
        title = f"Text · {new:,} new" if new else "Text"
        if title != self.text.border_title:  # setting it repaints the pane
            self.text.border_title = title

    def _name_rows(self) -> None:
        """Say where the rows belong, and with which of them the branch goes on: never before they are there."""
        cursor, after = self.state.cursor, self.state.next_node(self.story)
        self.candidates.place = f"after token {self.story[cursor].position + 1:,}" if cursor in self.story else ""
        self.candidates.goes_on = after.token if after else None
        self.candidates.fresh = after.token if after and after.id == self.state.fresh else None

    def _name_nothing(self, state: State) -> None:
        """What the panes say while there is nothing to show."""
        waits = state.busy in _WAITS and state.cursor == ROOT
        self.text.empty = "The prompt stands here once it is read." if waits else "e edits the prompt, F2 submits it."
        if self.shown is None and (waits or state.cursor == ROOT):
            self.candidates.nothing = self.hindrance or _WAITS.get(state.busy, NO_PROMPT)
            self.plot.nothing = ""

    # -- what the panes need -------------------------------------------------------------------------------------

    @on(candidate_messages.Wanted)
    def _rows_wanted(self, message: candidate_messages.Wanted) -> None:
        if self.shown is not None:
            self.session.want(requests.scroll_view(self.shown, (message.first, message.count)))

    @on(CumulativePlot.AxisChanged)
    def _axis_changed(self) -> None:
        self.look()

    # -- room ----------------------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Where there is little room the controls are one line, until they are gone to."""
        self._fold_controls()
        self._name_places()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _fold_controls(self) -> None:
        little = self.size.width < WIDE and self.size.height < 36
        inside = self.focused is not None and self.controls in self.focused.ancestors_with_self
        self.set_class(little and inside, "-knobs")
        self.set_class(self.focused is self.prompt, "-writing")
        self.controls.compact = little and not inside

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a prompt is written its editor takes the letters: only what has another key is on offer."""
        if not isinstance(self.focused, PromptEditor):
            return True
        known = keys.ACTIONS.get(action)
        return known is None or not keys.typed(self.keymap.get(action, known.keys))

    def action_controls(self) -> None:
        """Go to the first slider."""
        self.controls.compact = False
        self.controls.query("Slider").first().focus()

    def action_edit(self) -> None:
        """Go to the prompt editor, which in a low terminal appears for it."""
        self.add_class("-writing")
        if self.prompt.focusable:  # at once: what is typed next is meant for it
            self.prompt.focus()
        else:
            self.call_after_refresh(self.prompt.focus)

    def action_plot(self) -> None:
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
