"""Moves the cursor along the story."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui.core.story import How
from tui.core.tokens import printable_token, quoted
from tui.explorer.branches import position, settings_text
from tui.explorer.explorer import Explorer
from tui.explorer.finding import Finding
from tui.explorer.state import State
from tui.explorer.status import BRANCH_ENDS


class Navigation:
    """Moves to the token before or after, to the start or end, to other branches, and to a token by number or click."""

    def __init__(self, explorer: Explorer, finding: Finding) -> None:
        self._explorer, self._finding = explorer, finding

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        return {
            "back": self.back, "forward": self.forward, "start": self.start, "end": self.end, "branch": self.branch,
        }  # fmt: skip

    def back(self) -> None:
        """Move one token back."""
        self._move(self._explorer.state.back(self._explorer.story), "The cursor is after the first token.")

    def forward(self) -> None:
        """Move one token forward along the branch."""
        self._move(self._explorer.state.forward(self._explorer.story), BRANCH_ENDS)

    def start(self) -> None:
        """Move to the end of the prompt."""
        self._move(self._explorer.state.to_start(self._explorer.story), "The cursor is after the prompt already.")

    def end(self) -> None:
        """Move behind the branch's last token."""
        self._move(self._explorer.state.to_end(), "The cursor is at the branch's end already.")

    def _move(self, state: State, otherwise: str) -> None:
        """Go to a state; if the cursor is there already, say so."""
        explorer = self._explorer
        if explorer.state.cursor not in explorer.story:
            explorer.when_ready(lambda: None)  # says what is missing
        elif state.cursor == explorer.state.cursor:
            explorer.say(explorer.phrase(otherwise))
        else:
            explorer.go(state)

    def branch(self) -> None:
        """Show the story's next branch, or say that there is only one."""
        before = self._explorer.state
        after = before.next_branch(self._explorer.story)
        if after.tip == before.tip:
            self._explorer.say("There is one branch only; take another candidate, or draw with another seed.")
        else:
            self.show_branch(after.tip)

    def show_branch(self, tip: int) -> None:
        """Show the branch that ends with this node; the cursor stays if its node is on it, else goes to the fork."""
        explorer, story = self._explorer, self._explorer.story
        explorer.record("the change of branch")
        explorer.go(explorer.state.to_branch(story, tip))
        number, count = position(story, tip)
        last = story[tip]
        drawn = "" if last.how is How.PROMPT else f": {settings_text(last.given, last.seed)}"
        explorer.say(f"Branch {number} of {count}{drawn}.")

    def go_before(self, index: int, more: str = "") -> None:
        """Put the cursor before a token of the branch, highlight it in the list that it came from, and tell of it.

        `more`: what else to say of it.
        """
        node = self._explorer.picture.branch[index]
        self.visit(self._explorer.picture.branch[max(0, index - 1)].id)
        name = quoted(printable_token(node.piece, node.token, node.special))
        known = f"{node.surprisal:.1f} bits, rank {node.rank:,}" if node.rank else "the server does not tell its rank"
        told = [known, more]
        self._finding.followed(f"Token {index + 1:,}, {name}: {'; '.join(filter(None, told))}.")

    def visit(self, node_id: int) -> None:
        """Put the cursor after this token, one of the prompt's too."""
        self._explorer.go(self._explorer.state.visit(self._explorer.story, node_id))

    def jump(self, number: str) -> str:
        """Go to the branch's token of this number, counted from 1; '' or what is wrong with the number."""
        branch = self._explorer.picture.branch
        if not number.isdecimal() or not 1 <= int(number) <= len(branch):
            return f"There is no token {number}; the branch has {len(branch):,}."
        self.visit(branch[int(number) - 1].id)
        return ""
