"""Which requests a state of the workbench needs. Pure: states in, protocol structs out."""

from __future__ import annotations

from collections.abc import Iterable

from tui.core.story import How, Node, Story
from tui.explorer.state import State
from tui.protocol import PlotRequest, Step, View, Viewed

MAIN, SCROLL, REACH, FIND = "main", "scroll", "reach", "find"
DRAWS = 1000
REACH_SLICE = 64
"""How many nodes one `reach` view asks for; the engine answers as many as it can in its time slice."""

Window = tuple[int, int]
"""The part of a list: how many ranks come before it, and how many are in it."""


def main_view(state: State, window: Window, plot: PlotRequest | None, *, exact: bool) -> View:
    """What the screen shows at the cursor: cuts, visible candidates, the plot and the token this seed would draw."""
    return View(
        slot=MAIN, at=state.cursor, given=state.given, seed=state.seed, window=window, plot=plot,
        draws=state.draws, exact=exact,
    )  # fmt: skip


def scroll_view(shown: Viewed, window: Window) -> View:
    """More candidates of the view on screen: of just that one, which may be a moment behind the state."""
    return View(
        slot=SCROLL,
        at=shown.at,
        given=shown.given,
        seed=shown.seed,
        window=window,
        draws=shown.draws,
        exact=shown.exact,
    )


def find_view(state: State, text: str) -> View:
    """The candidates that match a token's text, or `#id`."""
    return View(slot=FIND, at=state.cursor, given=state.given, seed=state.seed, find=text)


def reach_view(state: State, nodes: list[int]) -> View:
    """Would these nodes' own tokens still be reachable under the settings on screen?"""
    return View(slot=REACH, at=state.cursor, given=state.given, seed=state.seed, reach=nodes[:REACH_SLICE])


def reach_nodes(state: State, path: Iterable[Node], known: Iterable[int]) -> list[int]:
    """The branch's nodes whose reachability is not known yet, nearest to the cursor first (they are on screen).

    A token drawn under exactly these settings is reachable, and is not asked for.
    """
    settled = set(known)
    drawn = [node for node in path if node.how is not How.PROMPT]
    here = next((node.position for node in drawn if node.id == state.cursor), 0)
    unsure = [node for node in drawn if node.how is How.CHOSEN or node.given != state.given]
    nearest = sorted(unsure, key=lambda node: abs(node.position - here))
    return [node.id for node in nearest if node.id not in settled]


def answers(viewed: Viewed, state: State) -> bool:
    """True if this is about what is on screen: anything else is ignored."""
    asked = (viewed.at, viewed.given, viewed.seed, viewed.draws)
    return asked == (state.cursor, state.given, state.seed, state.draws)


def worth_showing(viewed: Viewed, state: State, story: Story) -> bool:
    """True if a `main` answer may be shown although the settings have moved on since: the newest there is.

    While a slider is dragged every answer is a little late; dropping them all would leave the screen standing still.
    """
    return viewed.at in story and viewed.at == state.cursor


def step(state: State) -> Step:
    """Draw one token at the cursor."""
    return Step(at=state.cursor, given=state.given, seed=state.seed, count=1)


def run(state: State) -> Step:
    """Draw from the cursor on until a stop."""
    return Step(at=state.cursor, given=state.given, seed=state.seed, count=None)


def take(state: State, token: int) -> Step:
    """Take this token at the cursor, whatever the draw would be."""
    return Step(at=state.cursor, given=state.given, seed=state.seed, count=1, token=token)


def looks_at(state: State) -> tuple[object, ...]:
    """What decides the `main` view: as long as it is the same, nothing has to be asked."""
    return (state.cursor, state.given, state.seed, state.draws)
