"""What the pieces of the workbench share: its state, its session, and how a new state reaches panes and engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual.reactive import var
from textual.screen import Screen
from textual.timer import Timer

from tui.core.story import Node, Story
from tui.launch import LaunchOptions
from tui.protocol import Axis, Progress, Viewed
from tui.screens import requests
from tui.screens.reach import Reach
from tui.screens.session import Connect, Session
from tui.screens.state import WITHOUT_MODEL, Busy, State

RESTS_AFTER = 0.15
"""Seconds without a change after which a slider counts as at rest."""


class Bench(Screen[None]):
    """State, session and the one way from a new state to the panes and to the engine."""

    state: var[State] = var(State, init=False)

    def __init__(
        self, options: LaunchOptions, connect: Connect, keymap: Mapping[str, str] | None = None, classes: str = ""
    ) -> None:
        super().__init__(classes=classes)
        self.options = options
        self.origin = options.origin
        """Of the model that is open, or was asked for first."""
        self.keymap = keymap or {}
        self.session = Session(self, connect)
        self.set_reactive(Bench.state, State(given=dict(options.given), seed=options.seed))
        self.shown: Viewed | None = None
        self.reach = Reach()
        self.branch: tuple[Node, ...] = ()
        self.trouble = ""
        """Why there is no model; '' while that is not known."""
        self._resting: Timer | None = None

    @property
    def story(self) -> Story:
        """The client's mirror of the engine's tree."""
        return self.session.client.mirror.story

    # -- state ---------------------------------------------------------------------------------------------------

    def go(self, state: State, *, moving: bool = False) -> None:
        """Take over a new state: the panes show it and the engine is asked for what it needs, at once.

        `moving`: a slider is being moved, so ties at a cut's edge may be provisional until it rests.
        """
        old, self.state = self.state, state
        if requests.looks_at(old) != requests.looks_at(state):
            self.say("")  # the last word was about what was on screen
            self.look(moving=moving)
        if old.given != state.given or old.tip != state.tip:
            self._rest_later()

    def watch_state(self, old: State, new: State) -> None:
        """The panes follow."""
        if old.tip != new.tip or not self.branch:
            self.branch = tuple(self.story.path(new.tip))
        if self.reach.drop_unless(new.given):
            self.show_reach()
        self.show_state(old, new)

    def look(self, *, moving: bool = False) -> None:
        """Ask for what is on screen at the cursor."""
        if self.state.cursor in self.story and self.state.busy not in WITHOUT_MODEL:
            self.session.want(requests.main_view(self.state, *self.window(), exact=not moving))

    def _rest_later(self) -> None:
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(RESTS_AFTER, self._rested)

    def _rested(self) -> None:
        """Nothing has changed for a while: exact ties, and the rest of the branch."""
        if self.shown is None or not (self.shown.exact and requests.answers(self.shown, self.state)):
            self.look()
        self.ask_reach()

    def ask_reach(self) -> None:
        """Ask which tokens of the branch are still reachable, as far as that is not known."""
        if self.state.busy not in (Busy.RUN, *WITHOUT_MODEL) and self.state.cursor in self.story:
            wish = self.reach.wish(self.state, self.branch)
            if wish is not None:
                self.session.want(wish)

    # -- what a pane shows: the workbench knows its widgets ------------------------------------------------------

    def show_state(self, old: State, new: State) -> None:
        """Hand the new state to the panes."""
        raise NotImplementedError

    def show_view(self, viewed: Viewed | None, instead: str = "") -> None:
        """Hand the newest view to the panes; without one, `instead` says why there is none."""
        raise NotImplementedError

    def window(self) -> tuple[requests.Rows, Axis | None]:
        """The rows worth having now, and the plot's axis if it is in sight."""
        raise NotImplementedError

    def show_reach(self) -> None:
        """Hand what is known about reachability to the text."""
        raise NotImplementedError

    def say(self, message: str) -> None:
        """One line to the person, in the status line; replaces the last one."""
        raise NotImplementedError

    def show_progress(self, progress: Progress | None) -> None:
        """How far a load or a prompt is."""
        raise NotImplementedError

    def give_up_prompt(self) -> None:
        """Wait no longer for the prompt under way."""
        raise NotImplementedError

    def give_up_switch(self) -> None:
        """Load no other model."""
        raise NotImplementedError

    def when_ready(self, act: Callable[[], None]) -> None:
        """Do it if there is a distribution at the cursor; else say what is missing."""
        if self.state.cursor in self.story and self.state.busy in (Busy.IDLE, Busy.STEP, Busy.RUN):
            act()
        else:
            self.say(self.hindrance or _MISSING[self.state.busy])

    @property
    def hindrance(self) -> str:
        """Why there is no model, and what to do; '' while that is not known."""
        return f"{self.trouble} R tries again." if self.trouble else ""


_MISSING = {
    Busy.STARTING: "The engine is starting.",
    Busy.OPENING: "The model is still loading.",
    Busy.PROMPT: "The prompt is still being read; esc gives it up.",
    Busy.LOST: "The engine is gone; R starts it again.",
    Busy.NO_MODEL: "There is no model; R tries again.",
    Busy.IDLE: "There is no prompt yet: e edits it, F2 submits it.",
    Busy.STEP: "",
    Busy.RUN: "",
}
