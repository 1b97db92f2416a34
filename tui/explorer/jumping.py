"""Jumps along the branch, to the next token that is worth a look."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui.core.labels import stage_label
from tui.core.story import MANY_BITS, How, Node
from tui.explorer.explorer import Explorer
from tui.explorer.navigation import Navigation
from tui.explorer.reachability import Reachability

Fits = Callable[[Node], bool]


class Jumping:
    """Puts the cursor before a token, so that the list is the one that the token was drawn from."""

    def __init__(self, explorer: Explorer, navigation: Navigation, reachability: Reachability) -> None:
        self._explorer, self._navigation, self._reachability = explorer, navigation, reachability

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        return {
            "next_surprise": self.next_surprise, "previous_surprise": self.previous_surprise,
            "next_uncertain": self.next_uncertain, "next_not_top": self.next_not_top,
            "next_unreachable": self.next_unreachable,
        }  # fmt: skip

    def next_surprise(self) -> None:
        """Go to the next surprising token."""
        self._forward(_surprising, f"No token after this one has more than {MANY_BITS:g} bits.")

    def previous_surprise(self) -> None:
        """Go to the last surprising token before the cursor."""
        found = [at for at in self._where(_surprising) if at < self._at]
        self._go(found[-1:], f"No token before this one has more than {MANY_BITS:g} bits.")

    def next_uncertain(self) -> None:
        """Go to the next step at which the raw model was uncertain."""
        nothing = f"No step after this one has an entropy of more than {MANY_BITS:g} bits."
        self._forward(lambda node: node.entropy > MANY_BITS, nothing, lambda node: f"entropy {node.entropy:.1f} bits")

    def next_not_top(self) -> None:
        """Go to the next token that was not the best candidate."""
        self._forward(_not_best, "Every token after this one is the best candidate of its step.")

    def next_unreachable(self) -> None:
        """Go to the next token that the settings on screen would remove."""
        removed = self._explorer.picture.unreachable
        nothing = "These settings remove no token after this one."
        if not self._reachability.complete:
            nothing = "Of the tokens after this one that were looked at so far, these settings remove none."
        self._forward(
            lambda node: node.id in removed, nothing, lambda node: f"{stage_label(removed[node.id])} removes it"
        )

    @property
    def _at(self) -> int:
        """Index in the branch of the token after the cursor."""
        branch, cursor = self._explorer.picture.branch, self._explorer.state.cursor
        return next((at for at, node in enumerate(branch, 1) if node.id == cursor), 0)

    def _where(self, fits: Fits) -> list[int]:
        """Indices in the branch of the tokens that fit; before the first of all there is no list to go to."""
        return [at for at, node in enumerate(self._explorer.picture.branch) if at and fits(node)]

    def _forward(self, fits: Fits, nothing: str, more: Callable[[Node], str] = lambda node: "") -> None:
        self._go([at for at in self._where(fits) if at > self._at][:1], nothing, more)

    def _go(self, found: list[int], nothing: str, more: Callable[[Node], str] = lambda node: "") -> None:
        """Go before the one token found, and say `more` about it; or say that there is none."""
        if not found:
            self._explorer.say(nothing)
        else:
            self._navigation.go_before(found[0], more(self._explorer.picture.branch[found[0]]))


def _surprising(node: Node) -> bool:
    return node.surprisal > MANY_BITS


def _not_best(node: Node) -> bool:
    """True for a token with a better one before it; a taken one without a rank is of a server's unseen tail."""
    return node.rank > 1 or (node.rank == 0 and node.how is not How.PROMPT)
