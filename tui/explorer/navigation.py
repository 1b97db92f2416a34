"""Moves the cursor along the story."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
        """Put the cursor after this token, one of the prompt's too."""
        self._explorer.go(self._explorer.state.visit(self._explorer.story, node_id))

    def jump(self, number: str) -> str:
        """Go to the branch's token of this number, counted from 1; '' or what is wrong with the number."""
        branch = self._explorer.picture.branch
        if not number.isdecimal() or not 1 <= int(number) <= len(branch):
            return f"There is no token {number}; the branch has {len(branch):,}."
        self.visit(branch[int(number) - 1].id)
        return ""
