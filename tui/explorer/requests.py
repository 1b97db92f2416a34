"""Builds the protocol requests that a state of the workbench needs. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable

from tui.core.settings import Given
from tui.core.story import How, Node, Story
from tui.explorer.state import State
from tui.protocol import PlotRequest, Step, View, Viewed

MAIN, SCROLL, REACH, FIND, PROMPT, ORDER, POINT = "main", "scroll", "reach", "find", "prompt", "order", "point"
DRAWS = 1000
REACH_SLICE = 64
"""How many nodes one `reach` view asks about; the engine answers as many as it can in its time slice."""

COMPARED = 40
"""How many of the best candidates are asked for of each of the compared settings."""

Window = tuple[int, int]
"""Part of the ranked list, as in `View.window`: the number of ranks before it, and the number of ranks in it."""


def main_view(state: State, story: Story, window: Window, plot: PlotRequest | None, *, exact: bool) -> View:
    """The screen's view at the cursor: cuts, visible candidates, plot, and where two tokens stand.

    They are the one that this seed would draw, and the one with which the branch goes on.
    """
    return View(
        slot=MAIN, at=state.cursor, given=state.given, seed=state.seed, window=window, plot=plot,
        draws=state.draws, exact=exact, follow=_followed(state, story),
    )  # fmt: skip


def scroll_view(shown: Viewed, window: Window, slot: str = SCROLL) -> View:
    """More candidates of the view on screen, with that view's own settings, which may be a moment old.

    They are for the list, or, in the slot `POINT`, the one under the plot's cursor.
    """
    return View(
        slot=slot,
        at=shown.at,
        given=shown.given,
        seed=shown.seed,
        window=window,
        draws=shown.draws,
        exact=shown.exact,
    )


def find_view(state: State, text: str) -> View:
    """A search for the candidates that match a token's text, or `#id`."""
    return View(slot=FIND, at=state.cursor, given=state.given, seed=state.seed, find=text)


def reach_view(state: State, nodes: list[int]) -> View:
    """Asks whether these nodes' tokens could still be drawn under the settings on screen; at most `REACH_SLICE`."""
    return View(slot=REACH, at=state.cursor, given=state.given, seed=state.seed, reach=nodes[:REACH_SLICE])


def order_view(state: State) -> View:
    """Asks how many candidates are kept at the cursor, after the order of the stages has changed."""
    return View(slot=ORDER, at=state.cursor, given=state.given, seed=state.seed)


def compare_view(number: int, state: State, against: Given | None) -> View:
    """The best candidates under the compared settings with this number, and how they differ from `against`."""
    return View(
        slot=_compare_slot(number), at=state.cursor, given=state.given, seed=state.seed, window=(0, COMPARED),
        against=against,
    )  # fmt: skip


def compare_tokens_view(number: int, state: State, tokens: list[int]) -> View:
    """Where tokens stand under the compared settings with this number."""
    return View(slot=_compare_slot(number), at=state.cursor, given=state.given, seed=state.seed, tokens=tokens)


def _compare_slot(number: int) -> str:
    """The slot of compared settings, counted from 1: each is answered for itself."""
    return f"compare.{number}"


def score_view(state: State, end: int) -> View:
    """Asks what the model makes of the tokens of the prompt that ends with this node."""
    return View(slot=PROMPT, at=end, given=state.given, seed=state.seed, score=True)


def reach_nodes(state: State, path: Iterable[Node], known: Iterable[int]) -> list[int]:
    """The branch's nodes whose reachability is unknown, those nearest to the cursor (on screen) first.

    A token drawn with the same `given` is reachable, so it is left out, as is a prompt not looked into.
    """
    settled = set(known)
    rated = [node for node in path if node.how is not How.PROMPT or math.isfinite(node.surprisal)]
    here = next((node.position for node in rated if node.id == state.cursor), 0)
    unsure = [node for node in rated if node.how in (How.CHOSEN, How.PROMPT) or node.given != state.given]
    nearest = sorted(unsure, key=lambda node: abs(node.position - here))
    return [node.id for node in nearest if node.id not in settled]


def answers(view: View | Viewed, state: State) -> bool:
    """True if the view is, or will be, computed for exactly this cursor, settings, seed and draws."""
    asked = (view.at, view.given, view.seed, view.draws)
    return asked == (state.cursor, state.given, state.seed, state.draws)


def worth_showing(viewed: Viewed, state: State, story: Story) -> bool:
    """True if a `main` view may be shown, although the settings may have changed since it was asked for.

    While a slider is dragged every reply is a little late; dropping them all would freeze the screen.
    """
    return viewed.at in story and viewed.at == state.cursor


def step(state: State) -> Step:
    """Draw one token at the cursor."""
    return Step(at=state.cursor, given=state.given, seed=state.seed, count=1)


def run(state: State, count: int | None = None) -> Step:
    """Draw tokens from the cursor on until a stop, or until there are `count`."""
    return Step(at=state.cursor, given=state.given, seed=state.seed, count=count)


def take(state: State, token: int) -> Step:
    """Take this token at the cursor instead of drawing one."""
    return Step(at=state.cursor, given=state.given, seed=state.seed, count=1, token=token)


def view_key(state: State, story: Story) -> tuple[object, ...]:
    """The parts of a state on which its `main` view depends: if they are equal, no new view is needed."""
    return (state.cursor, state.given, state.seed, state.draws, _followed(state, story))


def _followed(state: State, story: Story) -> int | None:
    """The token with which the branch goes on after the cursor; None at its end."""
    after = state.next_node(story)
    return None if after is None else after.token
