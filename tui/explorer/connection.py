"""Models and engines: opening one, another in its place, the engine's death and return."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui import recent
from tui.client.client import EngineFailed
from tui.core.origin import Origin
from tui.core.printable import printable
from tui.core.story import ROOT
from tui.explorer.explorer import Explorer
from tui.explorer.prompting import Prompting
from tui.explorer.status import EngineStatus
from tui.protocol import Opened

_ASKS = "{restart} lets it ask on the plain terminal."


class Connection:
    """Between the explorer and its engine, all that is no step, no view and no prompt."""

    def __init__(self, explorer: Explorer, prompting: Prompting) -> None:
        """`prompting` gives each model its prompt."""
        self._explorer, self._prompting = explorer, prompting
        self.origin = explorer.options.origin
        """Of the model that is open, or was asked for first."""
        explorer.engine.lost = self._lost
        explorer.engine.restored = self._restored
        explorer.stoppers.append(self.give_up_switch)

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """By action id."""
        return {"restart": self.restart}

    def start(self) -> None:
        """Start the engine; everything else follows from what it answers."""
        self._prompting.keep()
        self._explorer.begin(EngineStatus.OPENING)
        self._explorer.say("Starting the engine.")
        self._open()

    def _open(self) -> None:
        origin = self.origin
        self._explorer.engine.open(origin, lambda opened: self._opened(opened, origin), self._no_model)

    def _opened(self, opened: Opened, origin: Origin) -> None:
        explorer = self._explorer
        self.origin, explorer.trouble = origin, ""
        recent.remember(origin)
        explorer.go(explorer.state.opened(opened.settings))
        explorer.change(opened=opened, host=self._host())
        self._prompting.notes = list(opened.notes)
        self._prompting.send()

    def _no_model(self, error: EngineFailed) -> None:
        explorer = self._explorer
        explorer.change(progress=None)
        explorer.trouble = printable(str(error), space=" ")
        explorer.begin(EngineStatus.NO_MODEL)
        self._say_why(str(error))

    # -- another model -------------------------------------------------------------------------------------------

    def switch(self, origin: Origin) -> None:
        """Load another model beside the one that is open, which stays until that is ready."""
        explorer = self._explorer
        explorer.engine.switch(origin, lambda opened: self._switched(opened, origin), self._not_switched)
        explorer.say(explorer.phrase(f"Loading {printable(origin.name, space=' ')}; {{stop}} gives it up."))

    def _switched(self, opened: Opened, origin: Origin) -> None:
        """Nothing that is shown or awaited was this engine's; it is given the prompt that is written."""
        self._prompting.forget()
        state, chat = self._explorer.state.opened(opened.settings), self._explorer.picture.chat and opened.chat
        self._explorer.change(state=state, branch=(), viewed=None, unreachable={}, progress=None, chat=chat)
        self._prompting.keep()
        self._opened(opened, origin)

    def _not_switched(self, error: EngineFailed) -> None:
        self._explorer.change(progress=None)
        self._explorer.fail(str(error))

    def give_up_switch(self) -> bool:
        """Load no other model; False if none was being loaded."""
        switching = self._explorer.engine.switching
        if switching:
            self._explorer.engine.give_up_switch()
            self._explorer.change(progress=None)
            self._explorer.say("The loading was given up.")
        return switching

    # -- the engine dies and returns -----------------------------------------------------------------------------

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
            self._prompting.keep()
        if self._prompting.waiting:
            self._prompting.send()
        else:
            explorer.look()

    def _host(self) -> str:
        """Where the engine runs; '' if it is a child of ours."""
        ready = self._explorer.engine.client.ready
        return ready.host if ready is not None and self._explorer.options.engine is not None else ""

    def _say_why(self, reason: str, hint: str = "") -> None:
        """Why there is no engine, and what to do; where its command may have something to ask, how it can."""
        if self._explorer.engine.client.must_ask:
            self._explorer.fail(f"{self._explorer.phrase(_ASKS)} {reason}")
        else:
            self._explorer.say(printable(f"{reason} {self._explorer.phrase(hint)}".rstrip(), space=" "))

    def restart(self) -> None:
        """Start the engine again; where its command failed because it could not ask, on the plain terminal."""
        if self._explorer.engine.client.must_ask and (why := self._ask()):
            self._explorer.fail(f"{why} {self._explorer.phrase(_ASKS)}")
            return
        self._explorer.say("Starting the engine again.")
        self._explorer.trouble = ""
        self._explorer.begin(EngineStatus.STARTING)
        self._explorer.engine.restart(self._no_model)

    def _ask(self) -> str:
        """Give the engine's command the terminal until an engine greets; why none has, or ''."""
        with self._explorer.display.plain_terminal() as given:
            if not given:
                return ""  # then without a terminal, as before
            print("samplescope starts its engine again; Ctrl+C goes back.", flush=True)
            try:
                self._explorer.engine.client.ask()
            except KeyboardInterrupt:
                return "Given up."
            except EngineFailed as error:
                return str(error)
        return ""
