"""Moves the cursor along the story."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui.core.story import How
from tui.explorer.explorer import Explorer


class Navigation:
    """Moves to the token before or after, to the start or end, to other branches, and to a token by number or click."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        return {
            "back": self.back, "forward": self.forward, "start": self.start, "end": self.end, "branch": self.branch,
        }  # fmt: skip

    def back(self) -> None:
        """Move one token back."""
        self._explorer.go(self._explorer.state.back(self._explorer.story))

    def forward(self) -> None:
        """Move one token forward along the branch."""
        self._explorer.go(self._explorer.state.forward(self._explorer.story))

    def start(self) -> None:
        """Move to the end of the prompt."""
        self._explorer.go(self._explorer.state.to_start(self._explorer.story))

    def end(self) -> None:
        """Move behind the branch's last token."""
        self._explorer.go(self._explorer.state.to_end())

    def branch(self) -> None:
        """Show the story's next branch, or say that there is only one."""
        before = self._explorer.state
        after = before.next_branch(self._explorer.story)
        self._explorer.go(after)
        if after.tip == before.tip:
            self._explorer.say("There is one branch only; take another candidate, or draw with another seed.")

    def visit(self, node_id: int) -> None:
        """Put the cursor after this token; inside the prompt only say that there is no distribution."""
        explorer, story = self._explorer, self._explorer.story
        followers = story.children(node_id) if story[node_id].how is How.PROMPT else []
        if followers and followers[0].how is How.PROMPT:
            explorer.say("Inside the prompt nothing was drawn: only the distribution after its end is there.")
        else:
            explorer.go(explorer.state.visit(story, node_id))

    def jump(self, number: str) -> str:
        """Go to the branch's token of this number, counted from 1; '' or what is wrong with the number."""
        branch = self._explorer.picture.branch
        if not number.isdecimal() or not 1 <= int(number) <= len(branch):
            return f"There is no token {number}; the branch has {len(branch):,}."
        self.visit(branch[int(number) - 1].id)
        return ""
