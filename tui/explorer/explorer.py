"""Changes what is shown: each new state updates the display and asks the engine for the view it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from tui.client.client import EngineFailed
from tui.core.phrasing import in_explorer
from tui.core.printable import printable
from tui.core.story import ROOT, Node, Story
from tui.errors import SamplescopeError
from tui.explorer import requests
from tui.explorer.display import Display, Picture, Timer
from tui.explorer.engine import Engine
from tui.explorer.history import History
from tui.explorer.state import State
from tui.explorer.status import ASK_AGAIN, PASSING, SENTENCES, WITHOUT_MODEL, EngineStatus
from tui.keys import Keymap
from tui.launch import LaunchOptions
from tui.protocol import Progress, View, Viewed

RESTS_AFTER = 0.15
"""Seconds without a change after which a slider counts as at rest."""


class Explorer:
    """Owns the picture and the engine. Features read the picture, and change it by `go`, `change` and `say`."""

    def __init__(self, options: LaunchOptions, engine: Engine, display: Display, keymap: Keymap) -> None:
        self.options, self.engine, self.display, self.keymap = options, engine, display, keymap
        engine.progress = self._progress
        self.picture = Picture(State(given=dict(options.given), seed=options.seed), submitted=options.prompt)
        self.history = History()
        self.said = 0
        """How often something was said."""
        self.open_error: EngineFailed | None = None
        """Why no model could be opened; None if that has not failed."""
        self.at_rest: list[Callable[[], None]] = []
        """Callbacks of features, called once settings and branch have not changed for `RESTS_AFTER`."""
        self.stoppers: list[Callable[[], bool]] = [self._give_up_view]
        """Callbacks of features for the stop key, tried in order; True from the one that had something to stop."""
        self.cursor_moved: list[Callable[[], None]] = []
        """Called when the cursor stands after another node."""
        self._scored: tuple[Story, dict[int, Node]] = (self.story, {})
        """A story, and its prompts' nodes of which the model was asked what it makes of them."""
        self._resting: Timer | None = None
        self._awaited: View | None = None
        """The newest `main` view asked for; None once it is answered."""

    @property
    def state(self) -> State:
        """The state of the picture on screen."""
        return self.picture.state

    @property
    def story(self) -> Story:
        """All nodes the engine has sent."""
        return self.engine.story

    # -- changing the picture ------------------------------------------------------------------------------------

    def change(self, **parts: Any) -> None:
        """Replace fields of the picture and show it."""
        old, self.picture = self.picture, replace(self.picture, **parts)
        self.display.show(old, self.picture)

    def go(self, state: State, *, moving: bool = False) -> None:
        """Show a new state, and ask the engine at once for the view it needs.

        `moving`: a slider is being moved, so ties at a cut may be approximate until the slider rests.
        """
        old = self.state
        view_changes = requests.view_key(old, self.story) != requests.view_key(state, self.story)
        parts: dict[str, Any] = {"state": state}
        if old.tip != state.tip or not self.picture.branch:
            parts["branch"] = self._branch(state.tip)
        if old.given != state.given:
            parts["unreachable"] = {}
        if view_changes:
            parts["message"] = ""  # the old message was about the old view
        if self.picture.viewed is None and state.cursor == ROOT:
            parts["placeholder"] = self.open_error_text or self.phrase(SENTENCES[state.status].placeholder)
        self.change(**parts)
        if view_changes:
            self.request_view(moving=moving)
        if old.cursor != state.cursor:
            for act in self.cursor_moved:
                act()
        if old.given != state.given or old.tip != state.tip:
            self._rest_later()

    def record(self, what: str, *, merge: bool = False) -> None:
        """Remember the state before a change, so that it can be undone; `merge` as in `History.record`."""
        self.history.record(what, self.state, self.story, merge=merge)

    def _branch(self, tip: int) -> tuple[Node, ...]:
        scored = self._scored[1] if self._scored[0] is self.story else {}
        return tuple(scored.get(node.id, node) for node in self.story.path(tip))

    def score(self, nodes: Iterable[Node]) -> None:
        """Take over what the model makes of a prompt's tokens: the same nodes, with their numbers."""
        before = self._scored[1] if self._scored[0] is self.story else {}
        self._scored = self.story, before | {node.id: node for node in nodes}
        self.change(branch=self._branch(self.state.tip))
        self._rest_later()

    def begin(self, status: EngineStatus) -> None:
        """Set what the engine is doing."""
        self.go(self.state.begin(status))

    def _rest_later(self) -> None:
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.display.later(RESTS_AFTER, self._rested)

    def _rested(self) -> None:
        """Nothing has changed for a while: ask for an exact view, and call `at_rest`."""
        views = (self.picture.viewed, self._awaited)  # a view that a server is slow to answer is not asked for twice
        if not any(view is not None and view.exact and requests.answers(view, self.state) for view in views):
            self.request_view()
        for act in self.at_rest:
            act()

    # -- views ---------------------------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """True if a model is open and the cursor stands after a token, so that a view can be asked for."""
        return self.state.cursor in self.story and self.state.status not in WITHOUT_MODEL

    def request_view(self, *, moving: bool = False) -> None:
        """Ask for the `main` view at the cursor; `moving` as in `go`."""
        if self.ready:
            view = requests.main_view(self.state, self.story, *self.display.window(), exact=not moving)
            self._awaited = view
            self.engine.view(
                view, lambda viewed: self._viewed(view, viewed), lambda error: self._not_viewed(view, error)
            )

    def _viewed(self, asked: View, viewed: Viewed) -> None:
        self._answered(asked)
        if requests.worth_showing(viewed, self.state, self.story):
            self.change(viewed=viewed, placeholder="")

    def _not_viewed(self, asked: View, error: EngineFailed) -> None:
        """Show the engine's refusal in place of the candidates, and as the message."""
        self._answered(asked)
        line = self.words(error)
        if asked.at == self.state.cursor:
            again = self.phrase(ASK_AGAIN) if error.kind in PASSING else ""
            self.change(viewed=None, placeholder=f"{line} {again}".rstrip())
        self.say(line)

    def _answered(self, asked: View) -> None:
        """A view is answered or refused: if it was the newest, its progress is over."""
        if asked is self._awaited:
            self._awaited = None
            if self._only_views and self.picture.progress is not None:
                self.change(progress=None)

    @property
    def _only_views(self) -> bool:
        """True if the engine does nothing for the explorer but answer views."""
        return self.state.status is EngineStatus.IDLE and not self.engine.switching

    def _give_up_view(self) -> bool:
        """Stop waiting for the view at the cursor; False if none is slow enough to have reported progress."""
        waits = self._awaited is not None and self._only_views and self.picture.progress is not None
        if waits:
            self.engine.stop()
        return waits

    def when_ready(self, act: Callable[[], None]) -> None:
        """Call `act` if there is a distribution at the cursor; else say what is missing."""
        if self.ready and self.state.status is not EngineStatus.PROMPT:
            act()
        else:
            self.say(self.open_error_text or self.phrase(SENTENCES[self.state.status].missing))

    # -- messages ------------------------------------------------------------------------------------------------

    def say(self, message: str) -> None:
        """Show a message in the status line, in place of the last one."""
        self.said += 1
        if message != self.picture.message:
            self.change(message=message)

    def do(self, act: Callable[[], object]) -> None:
        """Do what a person asked for; the message before goes, unless it is about what is still under way."""
        said = self.said
        act()
        if said == self.said and self.state.status is EngineStatus.IDLE and not self.engine.switching:
            self.say("")

    def fail(self, line: str) -> None:
        """Show a failure, as the message and as an alert."""
        line = printable(line, space=" ")
        self.say(line)
        self.display.alert(line)

    def refused(self, error: SamplescopeError) -> None:
        """Show why a request was refused."""
        self.fail(self.words(error))

    def words(self, error: SamplescopeError) -> str:
        """An error in one printable line, in the explorer's own words and with the person's keys."""
        sentences = " ".join(in_explorer(sentence) for sentence in (error.message, error.remedy) if sentence)
        return printable(self.phrase(sentences), space=" ")

    def phrase(self, sentence: str) -> str:
        """A sentence in which `{action id}` is replaced by that action's key in the person's keymap."""
        return self.keymap.phrase(sentence)

    @property
    def open_error_text(self) -> str:
        """Why no model could be opened and which key retries; '' if that has not failed."""
        return f"{self.words(self.open_error)} {self.phrase('{restart} tries again.')}" if self.open_error else ""

    def _progress(self, progress: Progress, beside: bool) -> None:
        waits = beside or self.state.status is not EngineStatus.IDLE or self._awaited is not None
        self.change(progress=progress if waits else None)

    # -- stopping ------------------------------------------------------------------------------------------------

    def stop(self) -> bool:
        """Stop what is under way; False if nothing was."""
        return any(stop() for stop in self.stoppers)
