"""Opens and switches models, restarts the engine, and reports when the engine is lost or back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui import recent
from tui.client.client import EngineFailed
from tui.core.origin import Origin
from tui.core.printable import printable
from tui.core.story import ROOT
from tui.explorer.explorer import Explorer
from tui.explorer.prompting import Prompting
from tui.explorer.resuming import Resuming
from tui.explorer.status import EngineStatus
from tui.protocol import Opened

_ASKS = "{restart} lets it ask on the plain terminal."


class Connection:
    """Handles the engine's start, loss and restart, and the loading of models."""

    def __init__(self, explorer: Explorer, prompting: Prompting, resuming: Resuming) -> None:
        """`prompting` sends the prompt to each model that is opened; the first may have the story of a session."""
        self._explorer, self._prompting, self._resuming = explorer, prompting, resuming
        self.origin = explorer.options.origin
        """Origin of the open model; before one is open, of the model given at launch."""
        explorer.engine.lost = self._lost
        explorer.engine.restored = self._restored
        explorer.stoppers.append(self.give_up_switch)

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        return {"restart": self.restart}

    def start(self) -> None:
        """Start the engine and load the first model; `_opened` or `_no_model` follows."""
        if self._resuming.waiting is None:
            self._prompting.mark_submitted()
        self._explorer.begin(EngineStatus.OPENING)
        self._explorer.say("Starting the engine.")
        self._open()

    def _open(self) -> None:
        origin = self.origin
        story, vocabulary = self._resuming.story
        self._explorer.engine.open(
            origin, lambda opened: self._opened(opened, origin), self._no_model, story, vocabulary
        )

    def _opened(self, opened: Opened, origin: Origin) -> None:
        explorer = self._explorer
        self.origin, explorer.open_error = origin, None
        recent.remember(origin)
        explorer.go(explorer.state.opened(opened.settings))
        explorer.change(opened=opened, host=self._host())
        self._prompting.notes = list(opened.notes)
        self._resuming.opened(origin)
        self._prompting.send()

    def _no_model(self, error: EngineFailed) -> None:
        explorer = self._explorer
        explorer.change(progress=None)
        explorer.open_error = error
        explorer.begin(EngineStatus.NO_MODEL)
        self._say_why(explorer.words(error))

    # -- another model -------------------------------------------------------------------------------------------

    def switch(self, origin: Origin) -> None:
        """Load another model in a second engine; the open model stays until the new one is ready."""
        explorer = self._explorer
        explorer.engine.switch(origin, lambda opened: self._switched(opened, origin), self._not_switched)
        explorer.say(explorer.phrase(f"Loading {printable(origin.name, space=' ')}; {{stop}} gives it up."))

    def _switched(self, opened: Opened, origin: Origin) -> None:
        """Drop the picture and prompt of the previous engine, and send the written prompt to the new model."""
        self._prompting.forget()
        self._prompting.forget_texts()
        self._resuming.forget()
        state, chat = self._explorer.state.opened(opened.settings), self._explorer.picture.chat and opened.chat
        self._explorer.change(state=state, branch=(), viewed=None, unreachable={}, progress=None, chat=chat)
        self._prompting.mark_submitted()
        self._opened(opened, origin)

    def _not_switched(self, error: EngineFailed) -> None:
        self._explorer.change(progress=None)
        self._explorer.refused(error)

    def give_up_switch(self) -> bool:
        """Cancel the loading of another model; False if none was being loaded."""
        switching = self._explorer.engine.switching
        if switching:
            self._explorer.engine.give_up_switch()
            self._explorer.change(progress=None)
            self._explorer.say("The loading was given up.")
        return switching

    # -- loss and restart of the engine --------------------------------------------------------------------------

    def _lost(self, reason: str, restarting: bool) -> None:
        self._prompting.lost()
        self._explorer.change(progress=None)
        self._explorer.begin(EngineStatus.LOST)
        self._say_why(reason, "Starting it again." if restarting else "{restart} starts it again.")

    def _restored(self) -> None:
        explorer = self._explorer
        explorer.change(host=self._host())
        explorer.begin(EngineStatus.IDLE)
        if explorer.engine.opened is None:
            explorer.begin(EngineStatus.OPENING)
            self._open()
            return
        explorer.say("The engine is back; the story is as it was.")
        if explorer.state.cursor == ROOT and not self._prompting.waiting:
            self._prompting.mark_submitted()
        if self._prompting.waiting:
            self._prompting.send()
        else:
            explorer.request_view()

    def _host(self) -> str:
        """The machine the engine runs on; '' if it is a child of this process."""
        ready = self._explorer.engine.client.ready
        return ready.host if ready is not None and self._explorer.options.engine is not None else ""

    def _say_why(self, reason: str, hint: str = "") -> None:
        """Say why there is no engine and what to do; if its command may have a question, which key lets it ask."""
        if self._explorer.engine.client.must_ask:
            self._explorer.fail(f"{self._explorer.phrase(_ASKS)} {reason}")
        else:
            self._explorer.say(printable(f"{reason} {self._explorer.phrase(hint)}".rstrip(), space=" "))

    def restart(self) -> None:
        """Restart the engine; on the plain terminal if its command failed where it could not ask."""
        if self._explorer.engine.client.must_ask and (why := self._ask()):
            self._explorer.fail(f"{why} {self._explorer.phrase(_ASKS)}")
            return
        self._explorer.say("Starting the engine again.")
        self._explorer.open_error = None
        self._explorer.begin(EngineStatus.STARTING)
        self._explorer.engine.restart(self._no_model)

    def _ask(self) -> str:
        """Give the engine's command the plain terminal until an engine greets; '' or why none has greeted."""
        with self._explorer.display.plain_terminal() as given:
            if not given:
                return ""  # the restart then starts the command without a terminal, as before
            print("samplescope starts its engine again; Ctrl+C goes back.", flush=True)
            try:
                self._explorer.engine.client.ask()
            except KeyboardInterrupt:
                return "Given up."
            except EngineFailed as error:
                return self._explorer.words(error)
        return ""
