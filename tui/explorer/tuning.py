"""Changes the settings, the seed and the draws. None of these change the model's logits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from tui.core.presets import PRESETS, Preset
from tui.core.settings import Value
from tui.explorer import requests
from tui.explorer.explorer import Explorer


class Tuning:
    """Handles sliders, presets, greedy, the seed, and the count of 1,000 draws."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        presets = {f"preset_{preset.key}": partial(self.preset, preset) for preset in PRESETS}
        return {"greedy": self.greedy, "reset": self.reset, "draws": self.draws, **presets}

    def change(self, name: str, value: Value) -> None:
        """Set a parameter while its slider is being moved."""
        self._explorer.go(self._explorer.state.change({name: value}), moving=True)

    def off(self, name: str) -> None:
        """Set the parameter to the value at which it does nothing."""
        self._explorer.go(self._explorer.state.off(name))

    def to_source(self, name: str) -> None:
        """Give the parameter back to its source, the model or transformers."""
        self._explorer.go(self._explorer.state.to_source(name))

    def seed(self, seed: int) -> None:
        """Draw with this seed."""
        self._explorer.go(self._explorer.state.with_seed(seed))

    def replace_given(self, values: Mapping[str, Value]) -> None:
        """Replace all given parameters; `values` also holds `seed` if the seed changes."""
        given = {name: value for name, value in values.items() if name != "seed"}
        seed = values.get("seed", self._explorer.state.seed)
        self._explorer.go(self._explorer.state.replace_given(given).with_seed(int(seed or 0)))

    def preset(self, preset: Preset) -> None:
        """Use one of the four settings of the blog post, or one of the person's own presets."""
        self._explorer.go(self._explorer.state.use_preset(preset.name, dict(preset.given)))
        self._explorer.say(f"{preset.title}: {preset.brief}.")

    def greedy(self) -> None:
        """Switch between drawing and always taking the most probable token."""
        self._explorer.go(self._explorer.state.switch_greedy())
        greedy = self._explorer.state.greedy
        self._explorer.say("Greedy: the most probable token every time." if greedy else "Drawing again.")

    def reset(self) -> None:
        """Give every parameter back to its source."""
        self._explorer.go(self._explorer.state.reset())
        self._explorer.say(f"Every parameter is back to its source; the seed stays {self._explorer.state.seed}.")

    def draws(self) -> None:
        """Count 1,000 draws at the cursor; a second call removes the counts."""
        state = self._explorer.state
        self._explorer.when_ready(lambda: self._explorer.go(state.with_draws(0 if state.draws else requests.DRAWS)))
