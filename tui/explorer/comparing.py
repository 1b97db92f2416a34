"""Compares up to four settings on the step at the cursor: those on screen first, each with a view of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tui.client.client import EngineFailed
from tui.core.choices import MOST
from tui.core.presets import PRESETS, Preset
from tui.core.settings import Value
from tui.core.stages import MAX_NEW_TOKENS
from tui.explorer import requests
from tui.explorer.branches import branches
from tui.explorer.explorer import Explorer
from tui.explorer.state import State
from tui.explorer.tuning import Tuning
from tui.protocol import Candidate, View, Viewed

NOW = "now"
"""The name of the settings on screen."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Settings that can be compared, under a name."""

    name: str
    state: State
    """The state on screen with these settings in place of its own."""
    preset: Preset | None = None
    """The preset that they are; None for those on screen, and for a branch's."""


@dataclass(eq=False, slots=True)
class Side:
    """One of the compared settings, and what the engine has told of them."""

    offer: Offer
    viewed: Viewed | None = None
    """The best candidates and the numbers; None until they are there."""
    problem: str = ""
    """Why the step cannot be computed under these settings; '' if it can."""
    listed: dict[int, Candidate] = field(default_factory=dict)
    """The candidates known so far, by id: the best here, and those that are among the best of another side."""
    asked: View | None = None
    """The newest view asked for."""
    alone: bool = False
    """True if it is asked about without the first, after a refusal: that may have been about the first."""

    @property
    def settled(self) -> bool:
        """True if the view is there, or is known to be impossible."""
        return self.viewed is not None or bool(self.problem)


class Comparing:
    """Holds the compared settings and asks the engine about each. The step is that at the cursor when it begins."""

    def __init__(self, explorer: Explorer, tuning: Tuning) -> None:
        self._explorer, self._tuning = explorer, tuning
        self._own: Sequence[Preset] = ()
        self._kept: list[Offer] | None = None
        """The settings compared last besides those on screen; None if none were."""
        self.sides: list[Side] = []
        """The compared settings, those on screen first; at most `MOST`."""
        self.changed: Callable[[], None] = lambda: None
        """Called when an answer has come."""

    def begin(self, own: Sequence[Preset]) -> None:
        """Compare the settings on screen with those compared last, or with the post's presets."""
        self._own = own
        offers = self._presets(PRESETS) if self._kept is None else [self._renewed(offer) for offer in self._kept]
        self.sides = [Side(Offer(NOW, self._explorer.state))]
        for offer in offers:
            if len(self.sides) < MOST and self._is_new(offer):
                self.sides.append(Side(offer))
        self.ask()

    # -- which settings ------------------------------------------------------------------------------------------

    def offers(self) -> list[Offer]:
        """The settings that could be added: presets, the post's and the person's own, and those of branches."""
        found: list[Offer] = []
        for offer in (*self._presets(PRESETS), *self._presets(self._own), *self._branches()):
            if self._is_new(offer) and all(_in_force(offer) != _in_force(other) for other in found):
                found.append(offer)
        return found

    def _presets(self, presets: Sequence[Preset]) -> list[Offer]:
        return [Offer(preset.title, self._tuning.with_preset(preset), preset) for preset in presets]

    def _branches(self) -> Iterator[Offer]:
        """The settings that each branch's last token was drawn under."""
        for branch in branches(self._explorer.story):
            if branch.drawn:
                yield Offer(f"branch {branch.number}", self._explorer.state.replace_given(branch.path[-1].given))

    def _renewed(self, offer: Offer) -> Offer:
        """The same settings in the state that is on screen now."""
        if offer.preset is not None:
            return Offer(offer.name, self._tuning.with_preset(offer.preset), offer.preset)
        return Offer(offer.name, self._explorer.state.replace_given(offer.state.given))

    def _is_new(self, offer: Offer) -> bool:
        return all(_in_force(offer) != _in_force(side.offer) for side in self.sides)

    @property
    def full(self) -> bool:
        """True if no more settings can be added."""
        return len(self.sides) >= MOST

    def add(self, offer: Offer) -> None:
        """Compare these settings too, if there is room."""
        if not self.full:
            self.sides.append(Side(offer))
            self._remember()
            self.ask()

    def remove(self, index: int) -> bool:
        """Compare one side no longer; False for the first, with which the others are compared."""
        if not 0 < index < len(self.sides):
            return False
        del self.sides[index]
        self._remember()
        self.ask()
        return True

    def _remember(self) -> None:
        self._kept = [side.offer for side in self.sides[1:]]

    def use(self, index: int) -> None:
        """Use a side's settings in the workbench; this can be undone."""
        offer = self.sides[index].offer
        if offer.preset is not None:
            self._tuning.preset(offer.preset)
        elif index:
            self._explorer.record(f"the settings of {offer.name}")
            self._explorer.go(self._explorer.state.replace_given(offer.state.given))
            self._explorer.say(f"The settings of {offer.name}.")

    # -- what the engine tells -----------------------------------------------------------------------------------

    def ask(self) -> None:
        """Ask for what is not known yet: first each side's view, then the tokens that only other sides have listed."""
        for number, side in enumerate(self.sides, 1):
            view = self._wanted(number, side)
            if view is not None and view != side.asked:
                side.asked = view
                self._explorer.engine.view(view, self._answer_to(side), self._refusal_of(side))

    def _wanted(self, number: int, side: Side) -> View | None:
        """The next view that a side needs; None if it has all, or waits for other sides."""
        against = None if number == 1 or side.alone else self.sides[0].offer.state.given
        if not side.settled:
            return requests.compare_view(number, side.offer.state, against)
        missing = [token for token in self.tokens if token not in side.listed]
        if missing and side.viewed is not None and all(other.settled for other in self.sides):
            return requests.compare_tokens_view(number, side.offer.state, missing)
        return None

    def _answer_to(self, side: Side) -> Callable[[Viewed], None]:
        def answered(viewed: Viewed) -> None:
            if side.viewed is None:
                side.viewed = viewed
            side.listed |= {one.token: one for one in (*viewed.candidates, *viewed.listed)}
            self._go_on()

        return answered

    def _refusal_of(self, side: Side) -> Callable[[EngineFailed], None]:
        def refused(error: EngineFailed) -> None:
            if side.asked is not None and side.asked.against is not None:
                side.alone = True
            else:
                side.problem = self._explorer.words(error)
            self._go_on()

        return refused

    def _go_on(self) -> None:
        self.ask()
        self.changed()

    @property
    def tokens(self) -> list[int]:
        """The best tokens of every side, each once, in the order of each one's best rank."""
        best: dict[int, int] = {}
        for side in self.sides:
            for one in side.viewed.candidates if side.viewed is not None else ():
                best[one.token] = min(best.get(one.token, one.rank), one.rank)
        return sorted(best, key=lambda token: (best[token], token))


def _in_force(offer: Offer) -> Mapping[str, Value]:
    """Every value that decides a step, whoever set it: an equal mapping would be the same column again."""
    return {name: one.value for name, one in offer.state.settings().items() if name != MAX_NEW_TOKENS.name}
