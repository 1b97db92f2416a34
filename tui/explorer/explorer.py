"""The one place that changes what is shown: a new state, and what it asks of the engine and of the display."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tui.client.client import EngineFailed
from tui.core.printable import printable
from tui.core.story import ROOT, Story
from tui.explorer import requests
from tui.explorer.display import Display, Picture, Timer
from tui.explorer.engine import Engine
from tui.explorer.state import State
from tui.explorer.status import SENTENCES, WITHOUT_MODEL, EngineStatus
from tui.keys import Keymap
from tui.launch import LaunchOptions
from tui.protocol import Progress, Viewed

RESTS_AFTER = 0.15
"""Seconds without a change after which a slider counts as at rest."""


class Explorer:
    """Owns the picture and the engine. Features read it, and change it by `go`, `change` and `say`."""

    def __init__(self, options: LaunchOptions, engine: Engine, display: Display, keymap: Keymap) -> None:
        self.options, self.engine, self.display, self.keymap = options, engine, display, keymap
        engine.progress = self._progress
        self.picture = Picture(State(given=dict(options.given), seed=options.seed), submitted=options.prompt)
        self.trouble = ""
        """Why there is no model; '' while that is not known."""
        self.at_rest: list[Callable[[], None]] = []
        """What features do once nothing has changed for a while."""
        self.stoppers: list[Callable[[], bool]] = []
        """What features end when a person says stop, the first that has something to end; True from that one."""
        self._resting: Timer | None = None

    @property
    def state(self) -> State:
        """The picture's state."""
        return self.picture.state

    @property
    def story(self) -> Story:
        """All nodes that are known."""
        return self.engine.story

    # -- changing it ---------------------------------------------------------------------------------------------

    def change(self, **parts: Any) -> None:
        """Take over new parts of the picture, which are shown at once."""
        old, self.picture = self.picture, replace(self.picture, **parts)
        self.display.show(old, self.picture)

    def go(self, state: State, *, moving: bool = False) -> None:
        """Take over a new state: it is shown, and the engine is asked for what it needs, at once.

        `moving`: a slider is being moved, so ties at a cut's edge may be provisional until it rests.
        """
        old = self.state
        looks_elsewhere = requests.looks_at(old) != requests.looks_at(state)
        parts: dict[str, Any] = {"state": state}
        if old.tip != state.tip or not self.picture.branch:
            parts["branch"] = tuple(self.story.path(state.tip))
        if old.given != state.given:
            parts["unreachable"] = {}
        if looks_elsewhere:
            parts["message"] = ""  # the last word was about what was on screen
        if self.picture.viewed is None and state.cursor == ROOT:
            parts["placeholder"] = self.hindrance or self.phrase(SENTENCES[state.status].placeholder)
        self.change(**parts)
        if looks_elsewhere:
            self.look(moving=moving)
        if old.given != state.given or old.tip != state.tip:
            self._rest_later()

    def begin(self, status: EngineStatus) -> None:
        """Something is under way, or at an end."""
        self.go(self.state.begin(status))

    def _rest_later(self) -> None:
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.display.later(RESTS_AFTER, self._rested)

    def _rested(self) -> None:
        """Nothing has changed for a while: exact ties, and what features do then."""
        viewed = self.picture.viewed
        if viewed is None or not (viewed.exact and requests.answers(viewed, self.state)):
            self.look()
        for act in self.at_rest:
            act()

    # -- looking -------------------------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """True if the engine can be asked about the cursor's place."""
        return self.state.cursor in self.story and self.state.status not in WITHOUT_MODEL

    def look(self, *, moving: bool = False) -> None:
        """Ask for what is on screen at the cursor."""
        if self.ready:
            view = requests.main_view(self.state, *self.display.window(), exact=not moving)
            self.engine.view(view, self._viewed, lambda error: self._not_viewed(view.at, error))

    def _viewed(self, viewed: Viewed) -> None:
        if requests.worth_showing(viewed, self.state, self.story):
            self.change(viewed=viewed, placeholder="")

    def _not_viewed(self, at: int, error: EngineFailed) -> None:
        """What could not be computed is said where it would stand."""
        line = printable(str(error), space=" ")
        if at == self.state.cursor:
            self.change(viewed=None, placeholder=line)
        self.say(line)

    def when_ready(self, act: Callable[[], None]) -> None:
        """Do it if there is a distribution at the cursor; else say what is missing."""
        if self.ready and self.state.status is not EngineStatus.PROMPT:
            act()
        else:
            self.say(self.hindrance or self.phrase(SENTENCES[self.state.status].missing))

    # -- talking -------------------------------------------------------------------------------------------------

    def say(self, message: str) -> None:
        """One line to the person; replaces the last one."""
        if message != self.picture.message:
            self.change(message=message)

    def fail(self, line: str) -> None:
        """A failure: the last thing said, and an alert for as long as it takes to read."""
        line = printable(line, space=" ")
        self.say(line)
        self.display.alert(line)

    def phrase(self, sentence: str) -> str:
        """A sentence of our own, with the keys that this person has."""
        return self.keymap.phrase(sentence)

    @property
    def hindrance(self) -> str:
        """Why there is no model, and what to do; '' while that is not known."""
        return f"{self.trouble} {self.phrase('{restart} tries again.')}" if self.trouble else ""

    def _progress(self, progress: Progress, beside: bool) -> None:
        self.change(progress=progress if beside or self.state.status is not EngineStatus.IDLE else None)

    # -- stopping ------------------------------------------------------------------------------------------------

    def stop(self) -> bool:
        """End what is under way; False if nothing was."""
        return any(stop() for stop in self.stoppers)
