"""Settings that can be compared: those on screen, presets, and those that branches were drawn under."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tui.core.labels import unasked
from tui.core.presets import PRESETS, Preset
from tui.core.settings import Value
from tui.core.stages import MAX_NEW_TOKENS, PARAMETERS
from tui.explorer.branches import branches
from tui.explorer.explorer import Explorer
from tui.explorer.state import State
from tui.explorer.tuning import Tuning

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
    without: tuple[str, ...] = ()
    """The defaults of transformers that are turned off here, and would act otherwise."""

    @property
    def on_screen(self) -> bool:
        """True for the settings on screen."""
        return self.preset is None and self.name == NOW

    @property
    def unasked(self) -> tuple[str, ...]:
        """The defaults of transformers that act though nobody asked for them, such as `top_k=50`."""
        settings = self.state.settings()
        return tuple(name for name in PARAMETERS if name in settings and unasked(name, settings[name]))

    def switch_unasked(self) -> Offer:
        """The same with transformers' own defaults turned off, or in force again; unchanged where there are none."""
        names, state = self.without or self.unasked, self.state
        for name in names:
            state = state.to_source(name) if self.without else state.off(name)
        return replace(self, state=state, without=() if self.without else names)

    @property
    def in_force(self) -> Mapping[str, Value]:
        """Every value that decides a step, whoever set it: an equal mapping would be the same column again."""
        return {name: one.value for name, one in self.state.settings().items() if name != MAX_NEW_TOKENS.name}


class Offers:
    """Makes offers of the settings that there are now."""

    def __init__(self, explorer: Explorer, tuning: Tuning) -> None:
        self._explorer, self._tuning = explorer, tuning

    def now(self) -> Offer:
        """The settings on screen."""
        return Offer(NOW, self._explorer.state)

    def presets(self, presets: Sequence[Preset]) -> list[Offer]:
        """The settings of these presets."""
        return [Offer(preset.title, self._tuning.with_preset(preset), preset) for preset in presets]

    def beside(self, compared: Sequence[Offer], own: Sequence[Preset]) -> list[Offer]:
        """What could be compared besides: the post's presets, a person's own, and the settings of branches."""
        found: list[Offer] = []
        for offer in (*self.presets(PRESETS), *self.presets(own), *self._branches()):
            if all(offer.in_force != other.in_force for other in (*compared, *found)):
                found.append(offer)
        return found

    def _branches(self) -> Iterator[Offer]:
        """The settings that each branch's last token was drawn under."""
        for branch in branches(self._explorer.story):
            if branch.drawn:
                yield Offer(f"branch {branch.number}", self._explorer.state.replace_given(branch.path[-1].given))

    def renewed(self, offer: Offer) -> Offer:
        """The same settings in the state that is on screen now."""
        if offer.preset is None:
            return replace(offer, state=self._explorer.state.replace_given(offer.state.given))
        renewed = Offer(offer.name, self._tuning.with_preset(offer.preset), offer.preset)
        return renewed.switch_unasked() if offer.without else renewed
