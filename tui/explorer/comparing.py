"""Compares up to four settings on the step at the cursor, each with a view of its own; each can continue the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tui.client.client import EngineFailed
from tui.core.choices import MOST
from tui.core.continuing import GrowingText
from tui.core.presets import PRESETS, Preset
from tui.explorer import requests
from tui.explorer.continuing import Continuing
from tui.explorer.explorer import Explorer
from tui.explorer.offers import Offer, Offers
from tui.explorer.status import DRAWING
from tui.explorer.stepping import Stepping
from tui.explorer.tuning import Tuning
from tui.protocol import Candidate, View, Viewed

LENGTH = 32
"""How many tokens each of the settings continues the text by, until a person asks for another number."""


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
    text: GrowingText | None = None
    """What these settings go on to write; None if nobody has asked."""

    @property
    def settled(self) -> bool:
        """True if the view is there, or is known to be impossible."""
        return self.viewed is not None or bool(self.problem)


class Comparing:
    """Holds the compared settings and asks the engine about each. The step is that at the cursor when it begins."""

    def __init__(self, explorer: Explorer, tuning: Tuning, stepping: Stepping) -> None:
        self._explorer, self._tuning, self._stepping = explorer, tuning, stepping
        self._offers = Offers(explorer, tuning)
        self._own: Sequence[Preset] = ()
        self._kept: list[Offer] | None = None
        """The settings compared last besides those on screen; None if none were."""
        self.sides: list[Side] = []
        """The compared settings; at most `MOST`. The others are compared with the first."""
        self.length = LENGTH
        """How many tokens each text got last."""
        self.changed: Callable[[], None] = lambda: None
        """Called when an answer has come, or texts have grown."""
        self._continuing = Continuing(explorer, lambda: self.changed())

    def begin(self, own: Sequence[Preset]) -> None:
        """Compare the settings on screen with those compared last, or with the post's presets."""
        self._own = own
        kept = self._kept
        offers = self._offers.presets(PRESETS) if kept is None else [self._offers.renewed(offer) for offer in kept]
        self.sides = [Side(self._offers.now())]
        for offer in offers:
            if not self.full and all(offer.in_force != side.offer.in_force for side in self.sides):
                self.sides.append(Side(offer))
        self.ask()

    # -- which settings ------------------------------------------------------------------------------------------

    def offers(self) -> list[Offer]:
        """The settings that could be added: presets, the post's and the person's own, and those of branches."""
        return self._offers.beside([side.offer for side in self.sides], self._own)

    @property
    def full(self) -> bool:
        """True if no more settings can be added."""
        return len(self.sides) >= MOST

    def add(self, offer: Offer) -> None:
        """Compare these settings too, if there is room."""
        if not self.full:
            self._replace([*self.sides, Side(offer)])

    def remove(self, index: int) -> bool:
        """Compare one side no longer; False for the first, with which the others are compared."""
        if not 0 < index < len(self.sides):
            return False
        self._replace([*self.sides[:index], *self.sides[index + 1 :]])
        return True

    def compare_the_posts_four(self) -> None:
        """Compare the four settings of the post, and no others."""
        self._replace([Side(offer) for offer in self._offers.presets(PRESETS)])

    def switch_unasked(self, index: int) -> bool:
        """Turn off the defaults of transformers that act in a side, or put them in force again; False without any."""
        sides, offer = list(self.sides), self.sides[index].offer
        if (switched := offer.switch_unasked()) == offer:
            return False
        if index == 0:  # the others are compared with it
            sides = [Side(side.offer, text=side.text) for side in sides]
        sides[index] = Side(switched)
        self._replace(sides)
        return True

    def _replace(self, sides: list[Side]) -> None:
        self.sides = sides
        self._kept = [side.offer for side in sides if not side.offer.on_screen]
        self.ask()

    def use(self, index: int) -> None:
        """Use a side's settings in the workbench; this can be undone."""
        offer, explorer = self.sides[index].offer, self._explorer
        if offer.preset is not None:
            self._tuning.preset(offer.preset)
            for name in offer.without:
                explorer.go(explorer.state.off(name))
        elif offer.state.given != explorer.state.given:
            explorer.record(f"the settings of {offer.name}")
            explorer.go(explorer.state.replace_given(offer.state.given))
            explorer.say(f"The settings of {offer.name}.")

    # -- what each goes on to write ------------------------------------------------------------------------------

    def continue_each(self, length: int) -> None:
        """Continue the text under every side's settings, by so many tokens. InputError for a length out of range."""
        texts = self._continuing.begin([side.offer.state for side in self.sides], length)
        self.length = length
        for side, text in zip(self.sides, texts, strict=True):
            side.text = text
        self.changed()

    @property
    def continuing(self) -> bool:
        """True while texts grow."""
        return self._continuing.under_way

    def stop(self) -> bool:
        """Let the texts be as they are; False if none was growing."""
        return self._continuing.stop()

    def draw(self, index: int) -> None:
        """Use a side's settings, and draw its text under them: the same tokens, now as a branch of the story."""
        explorer, side = self._explorer, self.sides[index]
        if explorer.state.stepping:
            explorer.say(explorer.phrase(DRAWING))
        elif side.text is not None and side.text.nodes:
            explorer.record(f"the text of {side.offer.name}")
            self.use(index)
            explorer.go(explorer.state.visit(explorer.story, side.offer.state.cursor))
            self._stepping.draw(len(side.text.nodes))

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
