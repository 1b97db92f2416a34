"""Model and prompt: opening, submitting, progress, failures, and the engine's death and return."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on

from tui.core.printable import printable
from tui.core.story import ROOT
from tui.protocol import Progress
from tui.screens import news
from tui.screens.bench import Bench
from tui.screens.state import WITHOUT_MODEL, Busy
from tui.widgets.candidates import CandidateList
from tui.widgets.prompt import PromptEditor
from tui.widgets.status import StatusLine


class Line(Bench):
    """Everything between the workbench and the engine that is no step and no view."""

    _submitted: str | None = None
    """The last prompt submitted; waits here while the model loads."""
    _awaited = 0
    """The ticket of the prompt under way; 0 if none is waited for."""
    _notes: Sequence[str] = ()
    """What the model's configuration asks and does not get; said once."""

    def start(self) -> None:
        """Start the engine; everything else follows from its messages."""
        self._submitted = self.options.prompt
        self.go(self.state.begin(Busy.OPENING))
        self.say("Starting the engine.")
        self.session.open(self.options)

    @on(news.ModelOpened)
    def _opened(self, message: news.ModelOpened) -> None:
        opened, self.trouble = message.opened, ""
        self.query_one(StatusLine).opened = opened
        self.go(self.state.opened(opened.settings))
        self.count(self.query_one(PromptEditor).text)
        self._notes = list(opened.notes)
        self._send_prompt()

    # -- the prompt ----------------------------------------------------------------------------------------------

    def action_submit(self) -> None:
        """Give what is in the editor to the model."""
        self.query_one(PromptEditor).action_submit()

    @on(PromptEditor.Submitted)
    def _submit(self, message: PromptEditor.Submitted) -> None:
        self.query_one(CandidateList).focus()
        self.submit(message.text)

    def submit(self, text: str) -> None:
        """A new prompt: what is under way is given up for it."""
        self._submitted = text
        if self.state.busy in WITHOUT_MODEL:
            self.say("The prompt goes to the model as soon as it is ready.")
            return
        if self.state.busy is not Busy.IDLE:
            self.session.stop()
        self._send_prompt()

    def _send_prompt(self) -> None:
        if self._submitted is not None:
            self._awaited = self.session.prompt(self._submitted)
            self.go(self.state.begin(Busy.PROMPT))

    @on(news.PromptIn)
    def _prompted(self, message: news.PromptIn) -> None:
        if message.ticket != self._awaited:
            return
        self._submitted, self._awaited = None, 0
        self.show_progress(None)
        self.go(self.state.prompted(message.prompted.nodes))
        self.say(printable(" · ".join(self._notes), space=" ") if self._notes else "")
        self._notes = []

    def give_up_prompt(self) -> None:
        """Wait no longer: a forward under way ends by itself, and what it brings is not gone to."""
        self._submitted, self._awaited = None, 0
        self.session.stop()
        self.show_progress(None)
        self.go(self.state.begin(Busy.IDLE))
        self.say("The prompt was given up.")

    @on(PromptEditor.Edited)
    def _edited(self, message: PromptEditor.Edited) -> None:
        self.count(message.text)

    def count(self, text: str) -> None:
        """Ask for a text's length in tokens."""
        if self.state.busy not in WITHOUT_MODEL:
            self.session.count(text)

    @on(news.TokensCounted)
    def _counted(self, message: news.TokensCounted) -> None:
        self.query_one(PromptEditor).count = message.count

    # -- progress and failures -----------------------------------------------------------------------------------

    @on(news.ProgressMade)
    def _progress(self, message: news.ProgressMade) -> None:
        self.show_progress(message.progress if self.state.busy in (Busy.OPENING, Busy.PROMPT) else None)

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
        if message.what in ("open", "restart"):
            self.trouble = printable(f"{message.line} R tries again.", space=" ")
            self.go(self.state.begin(Busy.NO_MODEL))
            self.say(message.line)
            return
        if self.state.busy not in WITHOUT_MODEL:
            self._submitted, self._awaited = None, 0
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
        hint = "Starting it again." if message.restarting else "R starts it again."
        self.say(printable(f"{message.reason} {hint}", space=" "))

    @on(news.EngineBack)
    def _back_again(self, message: news.EngineBack) -> None:
        self.go(self.state.begin(Busy.IDLE))
        if self.session.client.mirror.opened is None:
            self.go(self.state.begin(Busy.OPENING))
            self.session.open(self.options)
            return
        self.say("The engine is back; the story is as it was.")
        if self.state.cursor == ROOT or self._submitted is not None:
            self._submitted = self._submitted or self.options.prompt
            self._send_prompt()
        else:
            self.look()

    def action_restart(self) -> None:
        """Start the engine again."""
        self.say("Starting the engine again.")
        self.trouble = ""
        self.go(self.state.begin(Busy.STARTING))
        self.session.restart()
