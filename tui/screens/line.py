"""The line to the engine: opening a model, progress, failures, the engine's death and return."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import SuspendNotSupported

from tui import recent
from tui.client.client import EngineFailed
from tui.core.printable import printable
from tui.core.story import ROOT
from tui.protocol import Progress
from tui.screens import news
from tui.screens.prompting import Prompting
from tui.screens.reach import Reach
from tui.screens.state import WITHOUT_MODEL, Busy
from tui.widgets.prompt import PromptEditor
from tui.widgets.status import StatusLine

_ASKS = "R lets it ask on the plain terminal."


class Line(Prompting):
    """Everything between the workbench and the engine that is no step, no view and no prompt."""

    def start(self) -> None:
        """Start the engine; everything else follows from its messages."""
        self.use_chat(self.options.chat)
        self.system = self.options.system
        self._submitted = self.written(self.options.prompt)
        self.go(self.state.begin(Busy.OPENING))
        self.say("Starting the engine.")
        self.session.open(self.options.origin)

    @on(news.ModelOpened)
    def _opened(self, message: news.ModelOpened) -> None:
        """The first model, or another in its place, which is given the prompt that the editor holds."""
        opened, editor = message.opened, self.query_one(PromptEditor)
        if message.adopt is not None:
            self._begin_anew(message.adopt)
            self.use_chat(self.chat and opened.chat)
            self._submitted = self.written(editor.text)
        self.origin, self.trouble = message.origin, ""
        recent.remember(message.origin)
        self.query_one(StatusLine).opened = opened
        self.show_host()
        self.go(self.state.opened(opened.settings))
        self.count(editor.text)
        self._notes = list(opened.notes)
        self.send_prompt()

    def _begin_anew(self, adopt: Callable[[], None]) -> None:
        """Another model's engine from now on: nothing that is shown or awaited was its."""
        adopt()
        self.reach, self.branch = Reach(), ()
        self.forget_prompt()
        self.show_progress(None)
        self.shown = None
        self.show_view(None)

    # -- progress and failures -----------------------------------------------------------------------------------

    @on(news.ProgressMade)
    def _progress(self, message: news.ProgressMade) -> None:
        self.show_progress(message.progress if message.beside or self.state.busy is not Busy.IDLE else None)

    def show_progress(self, progress: Progress | None) -> None:
        """How far a load or a prompt is."""
        self.query_one(StatusLine).progress = progress

    @on(news.Refused)
    def _refused(self, message: news.Refused) -> None:
        """Say what failed, in place; what was on screen stays. That the engine is gone is said already."""
        superseded = message.what == "prompt" and message.ticket != self._awaited
        if message.what == "count" or message.kind in ("lost", "closed") or superseded:
            return
        self.show_progress(None)
        if message.what in ("switch", "catalog"):
            self.fail(message.line)
            return
        if message.what in ("open", "restart"):
            self.trouble = printable(message.line, space=" ")
            self.go(self.state.begin(Busy.NO_MODEL))
            self.say_why(message.line)
            return
        if self.state.busy not in WITHOUT_MODEL:
            self.forget_prompt()
            self.go(self.state.begin(Busy.IDLE))
        self.fail(message.line)

    def fail(self, line: str) -> None:
        """A failure: in the status line, and as a toast for as long as it takes to read."""
        line = printable(line, space=" ")
        self.say(line)
        self.notify(line, severity="error", markup=False, timeout=10)

    # -- the engine dies and returns -----------------------------------------------------------------------------

    @on(news.EngineLost)
    def _lost(self, message: news.EngineLost) -> None:
        self.show_progress(None)
        self._awaited = 0
        self.go(self.state.begin(Busy.LOST))
        self.say_why(message.reason, "Starting it again." if message.restarting else "R starts it again.")

    @on(news.EngineBack)
    def _back_again(self, message: news.EngineBack) -> None:
        self.show_host()
        self.go(self.state.begin(Busy.IDLE))
        if self.session.client.mirror.opened is None:
            self.go(self.state.begin(Busy.OPENING))
            self.session.open(self.origin)
            return
        self.say("The engine is back; the story is as it was.")
        if self.state.cursor == ROOT or self._submitted is not None:
            self._submitted = self._submitted or self.written(self.options.prompt)
            self.send_prompt()
        else:
            self.look()

    def show_host(self) -> None:
        """Say where the engine runs, unless it is a child of ours."""
        ready = self.session.client.ready
        self.query_one(StatusLine).host = ready.host if ready is not None and self.options.engine is not None else ""

    def say_why(self, reason: str, hint: str = "") -> None:
        """Why there is no engine, and what to do; where its command may have something to ask, how it can."""
        if self.session.client.must_ask:
            self.fail(f"{_ASKS} {reason}")
        else:
            self.say(printable(f"{reason} {hint}".rstrip(), space=" "))

    def action_restart(self) -> None:
        """Start the engine again; where its command failed because it could not ask, on the plain terminal."""
        if self.session.client.must_ask and not self._ask():
            return
        self.say("Starting the engine again.")
        self.trouble = ""
        self.go(self.state.begin(Busy.STARTING))
        self.session.restart()

    def _ask(self) -> bool:
        """Give the engine's command the terminal until an engine greets; False if none did, which is said."""
        why = ""
        try:
            with self.app.suspend():
                why = self._asked()
        except SuspendNotSupported:
            return True  # then without a terminal, as before
        if why:
            self.fail(f"{why} {_ASKS}")
        return not why

    def _asked(self) -> str:
        """Why no engine has greeted; '' if one has."""
        print("samplescope starts its engine again; Ctrl+C goes back.", flush=True)
        try:
            self.session.client.ask()
        except KeyboardInterrupt:
            return "Given up."
        except EngineFailed as error:
            return str(error)
        return ""
