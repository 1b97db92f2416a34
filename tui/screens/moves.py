"""Stepping through the story: draw, run, take, back, forward, other branches."""

from __future__ import annotations

from textual import on

from tui.core.printable import printable_bytes
from tui.core.story import How, Node
from tui.protocol import Step
from tui.screens import news, requests
from tui.screens.bench import Bench
from tui.screens.state import Busy
from tui.widgets import candidate_messages
from tui.widgets.candidates import CandidateList
from tui.widgets.text import StoryText

MOST_WAITING = 9
"""A key held down on a slow model must not go on drawing long after it was let go."""
FRAME = 1 / 15
"""Seconds between two pictures of a run under way: more would leave keys less of the processor, and show no more."""

_ENDED = {
    "eos": "The model ended the text; n steps past it.",
    "stop_string": "A stop string of the model came up.",
    "max_new_tokens": "max new tokens reached.",
    "context": "The model's context is full.",
    "stopped": "Paused.",
}


class Moves(Bench):
    """The cursor's moves, and the draws that make the branch grow."""

    _grown: tuple[Node, ...] = ()
    """Brought and not on screen yet."""
    _waiting = 0
    """Steps asked for while one was under way."""

    # -- draws ---------------------------------------------------------------------------------------------------

    def action_step(self) -> None:
        """Draw the next token and move on; what is asked meanwhile waits, up to what a person can count."""
        if self.state.busy is Busy.RUN:
            self.action_run()
        elif self.state.busy is Busy.STEP:
            self._waiting = min(self._waiting + 1, MOST_WAITING)
        else:
            self.when_ready(lambda: self._begin(Busy.STEP, requests.step(self.state)))

    def action_run(self) -> None:
        """Draw until a stop; while that is under way, pause."""
        if self.state.busy in (Busy.RUN, Busy.STEP):
            self._pause()
        else:
            self.when_ready(lambda: self._begin(Busy.RUN, requests.run(self.state)))

    def action_stop(self) -> None:
        """Stop what is under way."""
        if self.state.busy in (Busy.RUN, Busy.STEP):
            self._pause()
        elif self.state.busy is Busy.PROMPT:
            self.give_up_prompt()
        elif self.session.switching:
            self.give_up_switch()
        else:
            self.query_one(CandidateList).focus()

    def _pause(self) -> None:
        self._waiting = 0
        self.session.stop()

    def _begin(self, busy: Busy, step: Step) -> None:
        self._grown = ()
        self.say("")
        self.session.step(step)
        self.go(self.state.begin(busy))

    def action_redraw(self) -> None:
        """Draw the last token again with the next seed."""
        story, state = self.story, self.state
        if state.busy is not Busy.IDLE or state.cursor not in story or story[state.cursor].how is How.PROMPT:
            self.say("There is no drawn token before the cursor to draw again.")
            return
        self.go(state.back(story).with_seed(state.seed + 1))
        self.action_step()

    def action_next_seed(self) -> None:
        """The next seed: what it draws here shows at once."""
        self.go(self.state.with_seed(self.state.seed + 1))

    # -- taking a candidate --------------------------------------------------------------------------------------

    def action_take(self) -> None:
        """Take the highlighted candidate."""
        row = self.query_one(CandidateList).highlighted
        if row is not None:
            self.take(row.token)

    @on(candidate_messages.Take)
    def _take_row(self, message: candidate_messages.Take) -> None:
        self.take(message.token)

    def take(self, token: int) -> None:
        """Take this token at the cursor; one the cursor's node already has as a child is followed."""
        if self.shown is None or self.shown.at != self.state.cursor:
            return
        child = self.story.child(self.state.cursor, token, prompt=False)
        if child is not None:
            self.go(self.state.visit(self.story, child.id))
        elif self.state.busy in (Busy.RUN, Busy.STEP):
            self.say("Something is being drawn; r pauses it.")
        else:
            self.when_ready(lambda: self._begin(Busy.STEP, requests.take(self.state, token)))

    # -- what came of it -----------------------------------------------------------------------------------------

    @on(news.NodesGrown)
    def _nodes_grown(self, message: news.NodesGrown) -> None:
        """Collect what a run brings; the screen follows once a frame."""
        if not self._grown:
            self.set_timer(FRAME, self._follow)
        self._grown += tuple(message.nodes)

    def _follow(self) -> None:
        nodes, self._grown = self._grown, ()
        if not self.session.switching:
            self.show_progress(None)  # what was waited for is here
        if nodes and self.state.busy in (Busy.RUN, Busy.STEP):
            self.go(self.state.grown(self.story, nodes))

    @on(news.StepEnded)
    def _step_ended(self, message: news.StepEnded) -> None:
        self._follow()
        self.go(self.state.stepped(self.story, message.stepped.tip))
        self.say(_ENDED.get(message.stepped.reason, ""))
        if self._waiting and self.state.follow and message.stepped.reason == "count":
            self._waiting -= 1
            self.action_step()
        else:
            self._waiting = 0
            self.ask_reach()

    # -- moves ---------------------------------------------------------------------------------------------------

    def action_back(self) -> None:
        """One token back."""
        self.go(self.state.back(self.story))

    def action_forward(self) -> None:
        """One token forward along the branch."""
        self.go(self.state.forward(self.story))

    def action_start(self) -> None:
        """Right after the prompt."""
        self.go(self.state.to_start(self.story))

    def action_end(self) -> None:
        """After the branch's last token."""
        self.go(self.state.to_end())

    def action_branch(self) -> None:
        """The next branch."""
        before = self.state.tip
        self.go(self.state.next_branch(self.story))
        if self.state.tip == before:
            self.say("There is one branch only; take another candidate, or draw with another seed.")

    @on(StoryText.Clicked)
    def _clicked(self, message: StoryText.Clicked) -> None:
        self.visit(message.node_id)

    def visit(self, node_id: int) -> None:
        """Put the cursor after this token, and look at what comes next there."""
        if self.story[node_id].how is How.PROMPT and self.story.children(node_id):
            follower = self.story.children(node_id)[0]
            if follower.how is How.PROMPT:
                self.say("Inside the prompt nothing was drawn: only the distribution after its end is there.")
                return
        self.go(self.state.visit(self.story, node_id))

    def action_jump(self) -> None:
        """Ask for a token's number and go there."""
        from tui.screens.ask import AskScreen

        hint = f"its number, 1 to {len(self.branch):,} · ⏎ goes there · esc"
        self.app.push_screen(AskScreen("Jump to token", hint, kind="integer", take=self._jump))

    def _jump(self, answer: str) -> str:
        if not answer.isdecimal() or not 1 <= int(answer) <= len(self.branch):
            return f"There is no token {answer}; the branch has {len(self.branch):,}."
        self.visit(self.branch[int(answer) - 1].id)
        return ""

    def describe(self, node: Node) -> str:
        """A drawn token in a few words."""
        return f"{printable_bytes(node.piece)} · {node.how} · {f'rank {node.rank:,}' if node.rank else 'unseen'}"
