"""Draws and takes tokens, so that the story grows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui.client.client import EngineFailed
from tui.core.story import How, Node
from tui.explorer import requests
from tui.explorer.explorer import Explorer
from tui.explorer.status import DRAWING, ENDED, WITHOUT_MODEL, EngineStatus
from tui.protocol import Step, Stepped

MOST_WAITING = 9
"""Most steps queued behind the one under way: a key held down must not go on drawing long after its release."""
FRAME = 1 / 15
"""Seconds between two pictures of a run: more pictures would show no more, and slow the keys down."""


class Stepping:
    """Step, run, take, redraw. A step asked for during another step is queued behind it."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._arrived: tuple[Node, ...] = ()
        """Nodes that the engine has sent and that are not on screen yet."""
        self._waiting = 0
        """Number of steps queued behind the one under way."""
        explorer.engine.grown = self._collect
        explorer.stoppers.append(self.pause)

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        return {"step": self.step, "run": self.run, "redraw": self.redraw}

    def step(self) -> None:
        """Draw the next token and move behind it; during a step queue another one, at most `MOST_WAITING`."""
        state = self._explorer.state
        if state.status is EngineStatus.RUN:
            self.pause()
        elif state.status is EngineStatus.STEP:
            self._waiting = min(self._waiting + 1, MOST_WAITING)
        else:
            self._explorer.when_ready(lambda: self._begin(EngineStatus.STEP, requests.step(state), "the step"))

    def run(self) -> None:
        """Draw tokens until a stop; during a step or run, pause."""
        if not self.pause():
            state = self._explorer.state
            self._explorer.when_ready(lambda: self._begin(EngineStatus.RUN, requests.run(state), "the run"))

    def draw(self, count: int) -> None:
        """Draw so many tokens from the cursor on; the caller has recorded the change."""
        state = self._explorer.state
        self._explorer.when_ready(lambda: self._begin(EngineStatus.RUN, requests.run(state, count)))

    def pause(self) -> bool:
        """Stop drawing; False if nothing was being drawn."""
        stepping = self._explorer.state.stepping
        if stepping:
            self._waiting = 0
            self._explorer.engine.stop()
        return stepping

    def take(self, token: int) -> None:
        """Take this token at the cursor; if the cursor's node already has a child with it, go there."""
        explorer, state = self._explorer, self._explorer.state
        if explorer.picture.viewed is None or explorer.picture.viewed.at != state.cursor:
            return
        child = explorer.story.child(state.cursor, token, prompt=False)
        if child is not None:
            explorer.record("the taken token")
            explorer.go(state.visit(explorer.story, child.id))
        elif state.stepping:
            explorer.say(explorer.phrase(DRAWING))
        else:
            explorer.when_ready(lambda: self._begin(EngineStatus.STEP, requests.take(state, token), "the taken token"))

    def redraw(self) -> None:
        """Draw the last token again with the next seed."""
        explorer, story, state = self._explorer, self._explorer.story, self._explorer.state
        if state.status is not EngineStatus.IDLE or state.cursor not in story or story[state.cursor].how is How.PROMPT:
            explorer.say("There is no drawn token before the cursor to draw again.")
            return
        explorer.record("the other draw")
        again = state.back(story).with_seed(state.seed + 1)
        explorer.go(again)
        self._begin(EngineStatus.STEP, requests.step(again))

    # -- replies -------------------------------------------------------------------------------------------------

    def _begin(self, status: EngineStatus, step: Step, what: str = "") -> None:
        """Send a request; `what` names it for undo, '' if the caller has recorded it."""
        if what:
            self._explorer.record(what)
        self._arrived = ()
        self._explorer.say("")
        self._explorer.engine.step(step, self._ended, self._refused)
        self._explorer.begin(status)

    def _collect(self, nodes: list[Node]) -> None:
        """Collect nodes that the engine sends; they are shown once per `FRAME`."""
        if not self._arrived:
            self._explorer.display.later(FRAME, self._follow)
        self._arrived += tuple(nodes)

    def _follow(self) -> None:
        explorer = self._explorer
        nodes, self._arrived = self._arrived, ()
        if explorer.picture.progress is not None and not explorer.engine.switching:
            explorer.change(progress=None)  # the first token has arrived, so the forward it was about is done
        if nodes and explorer.state.stepping:
            explorer.go(explorer.state.grown(explorer.story, nodes))

    def _ended(self, stepped: Stepped) -> None:
        explorer = self._explorer
        self._follow()
        explorer.go(explorer.state.stepped(explorer.story, stepped.tip))
        explorer.say(explorer.phrase(ENDED.get(stepped.reason, "")))
        if self._waiting and explorer.state.follow and stepped.reason == "count":
            self._waiting -= 1
            self.step()
        else:
            self._waiting = 0

    def _refused(self, error: EngineFailed) -> None:
        self._waiting = 0
        self._explorer.change(progress=None)
        if self._explorer.state.status not in WITHOUT_MODEL:
            self._explorer.begin(EngineStatus.IDLE)
        self._explorer.refused(error)
