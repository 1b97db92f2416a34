"""Knobs: sliders, presets, seed, greedy, all parameters, units, draws."""

from __future__ import annotations

from textual import on

from tui.core.presets import PRESETS
from tui.core.settings import Value
from tui.screens import requests
from tui.screens.bench import Bench
from tui.widgets.candidates import CandidateList
from tui.widgets.controls import Controls


class Tuning(Bench):
    """What the person sets. None of it ever reaches the model."""

    @on(Controls.Changed)
    def _changed(self, message: Controls.Changed) -> None:
        self.go(self.state.change({message.name: message.value}), moving=True)
        self.query_one(Controls).taken(message.name, message.value)

    @on(Controls.Off)
    def _off(self, message: Controls.Off) -> None:
        self.go(self.state.off(message.name))

    @on(Controls.Back)
    def _back(self, message: Controls.Back) -> None:
        self.go(self.state.to_source(message.name))

    @on(Controls.SeedChanged)
    def _seed(self, message: Controls.SeedChanged) -> None:
        self.go(self.state.with_seed(message.seed))

    def action_preset(self, number: int) -> None:
        """One of the post's four settings."""
        preset = PRESETS[number - 1]
        self.go(self.state.use_preset(preset.name, dict(preset.given)))
        self.say(f"{preset.title}: {preset.brief}.")

    def action_greedy(self) -> None:
        """Draw, or take the most probable token."""
        self.go(self.state.switch_greedy())
        self.say("Greedy: the most probable token every time." if self.state.greedy else "Drawing again.")

    def action_reset(self) -> None:
        """Forget everything given."""
        self.go(self.state.reset())
        self.say(f"Every parameter is back to its source; the seed stays {self.state.seed}.")

    def action_parameters(self) -> None:
        """Every parameter as a number."""
        from tui.screens.parameters import ParametersScreen

        state = self.state
        screen = ParametersScreen(state.settings(), state.given, state.base, state.seed)
        self.app.push_screen(screen, self._take_parameters)

    def _take_parameters(self, answer: dict[str, Value] | None) -> None:
        if answer is not None:
            given = {name: value for name, value in answer.items() if name != "seed"}
            seed = answer.get("seed", self.state.seed)
            self.go(self.state.replace_given(given).with_seed(int(seed or 0)))

    def action_draws(self) -> None:
        """Draw 1,000 times here and count; again to leave the counts."""
        self.when_ready(lambda: self.go(self.state.with_draws(0 if self.state.draws else requests.DRAWS)))

    def action_unit(self) -> None:
        """Percent, log-probability, logit."""
        self.query_one(CandidateList).action_unit()

    def action_off(self) -> None:
        """The focused slider's parameter does nothing from now on."""
        self.query_one(Controls).action_off()

    def action_source(self) -> None:
        """The focused slider's parameter goes back to its source."""
        self.query_one(Controls).action_back()

    def action_would(self) -> None:
        """Highlight the token this seed draws here."""
        if self.shown is not None and self.shown.would is not None:
            self.query_one(CandidateList).reveal(self.shown.would.rank)

    def action_followed(self) -> None:
        """Highlight the token the branch goes on with."""
        after = self.state.next_node(self.story)
        if after is not None:
            self.session.want(requests.find_view(self.state, f"#{after.token}"))
