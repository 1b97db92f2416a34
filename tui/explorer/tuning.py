"""Changes the settings, the seed and the draws. None of these change the model's logits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from tui.core.order import ORDER, TRANSFORMERS, order_text
from tui.core.presets import PRESETS, Preset
from tui.core.settings import Value, order_in_force
from tui.core.stages import PARAMETERS
from tui.core.story import How
from tui.explorer import requests
from tui.explorer.explorer import Explorer
from tui.explorer.state import State, own_length
from tui.protocol import Viewed


class Tuning:
    """Handles sliders, presets, greedy, the seed, and the count of 1,000 draws."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._preset: Preset | None = None
        """The preset used last; in force while the state still has its name."""
        explorer.cursor_moved.append(self._fit_length)

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        presets = {f"preset_{preset.key}": partial(self.preset, preset) for preset in PRESETS}
        return {
            "greedy": self.greedy, "order": self.order, "reset": self.reset, "draws": self.draws,
            "next_seed": self.next_seed, **presets,
        }  # fmt: skip

    def change(self, name: str, value: Value) -> None:
        """Set a parameter while its slider is being moved."""
        self._explorer.record(_label(name), merge=True)
        self._explorer.go(self._explorer.state.change({name: value}), moving=True)

    def off(self, name: str) -> None:
        """Set the parameter to the value at which it does nothing."""
        self._explorer.record(f"{_label(name)} off")
        self._explorer.go(self._explorer.state.off(name))

    def to_source(self, name: str) -> None:
        """Give the parameter back to its source, the model or transformers."""
        self._explorer.record(f"{_label(name)} back to its source")
        self._explorer.go(self._explorer.state.to_source(name))

    def seed(self, seed: int) -> None:
        """Draw with this seed."""
        self._explorer.record("the seed", merge=True)
        self._explorer.go(self._explorer.state.with_seed(seed))

    def next_seed(self) -> None:
        """Use the next seed: the view shows at once which token it draws."""
        self.seed(self._explorer.state.seed + 1)

    def replace_given(self, values: Mapping[str, Value]) -> None:
        """Replace all given parameters but the order; `values` also holds `seed` if the seed changes."""
        self._explorer.record("the parameters")
        state = self._explorer.state
        numbers = {name: value for name, value in values.items() if name != "seed"}
        order = {ORDER: state.given[ORDER]} if ORDER in state.given else {}
        seed = values.get("seed", state.seed)
        self._explorer.go(state.replace_given({**numbers, **order}).with_seed(int(seed or 0)))

    def greedy(self) -> None:
        """Switch between drawing and always taking the most probable token."""
        self._explorer.record("greedy")
        self._explorer.go(self._explorer.state.switch_greedy())
        greedy = self._explorer.state.greedy
        self._explorer.say("Greedy: the most probable token every time." if greedy else "Drawing again.")

    def order(self) -> None:
        """Switch between transformers' order of the stages and llama.cpp's; tell what that changes at the cursor."""
        explorer, before = self._explorer, self._kept_now
        explorer.record("the order of the stages")
        explorer.go(explorer.state.switch_order())
        state = explorer.state
        name = order_text(order_in_force(state.settings()))
        title = f"{name[:1].upper()}{name[1:]}" if name.startswith(TRANSFORMERS) else name
        explorer.say(f"{title}.")
        if explorer.ready:
            explorer.engine.view(requests.order_view(state), lambda viewed: self._tell_kept(viewed, title, before))

    @property
    def _kept_now(self) -> int | None:
        """How many candidates the settings in force keep at the cursor; None if no view of them is there yet."""
        viewed = self._explorer.picture.viewed
        return viewed.kept if viewed is not None and requests.answers(viewed, self._explorer.state) else None

    def _tell_kept(self, viewed: Viewed, order: str, before: int | None) -> None:
        if viewed.given == self._explorer.state.given and viewed.at == self._explorer.state.cursor:
            self._explorer.say(f"{order}: {_kept_text(viewed.kept, before)}.")

    def reset(self) -> None:
        """Give every parameter back to its source."""
        self._explorer.record("the reset")
        self._explorer.go(self._explorer.state.reset())
        state = self._explorer.state
        kept = [f"the seed stays {state.seed}", *(f"max new tokens {value}" for value in own_length(state).values())]
        self._explorer.say(f"Every parameter is back to its source; {', '.join(kept)}.")

    def draws(self) -> None:
        """Count 1,000 draws at the cursor; a second call removes the counts."""
        state = self._explorer.state
        self._explorer.when_ready(lambda: self._explorer.go(state.with_draws(0 if state.draws else requests.DRAWS)))

    # -- presets -------------------------------------------------------------------------------------------------

    def preset(self, preset: Preset) -> None:
        """Use a preset's settings, and end runs where the preset ends them."""
        self._explorer.record(preset.title)
        self._preset = preset
        self._explorer.go(self.with_preset(preset))
        full = self._prompt_tokens and preset.max_length is not None and not self._length(preset)
        note = f" Its run ends at {preset.max_length} tokens, which the prompt has already." if full else ""
        self._explorer.say(f"{preset.title}: {preset.brief}.{note}")

    def with_preset(self, preset: Preset) -> State:
        """The state on screen with a preset's settings; nothing changes."""
        return self._explorer.state.use_preset(preset.name, {**preset.given, **self._length(preset)})

    @property
    def _prompt_tokens(self) -> int:
        return sum(node.how is How.PROMPT for node in self._explorer.picture.branch)

    def _length(self, preset: Preset) -> dict[str, Value]:
        """`max_new_tokens` for this preset and the prompt of the branch, if there is one."""
        new_tokens = preset.new_tokens(self._prompt_tokens) if self._prompt_tokens else None
        return {} if new_tokens is None else {"max_new_tokens": new_tokens}

    def _fit_length(self) -> None:
        """After another prompt: end the preset's runs where the preset ends them."""
        state, preset = self._explorer.state, self._preset
        if preset is None or state.preset_name != preset.name or own_length(state):
            return
        for name, value in self._length(preset).items():
            if state.given.get(name) != value:
                self._explorer.go(state.set_by_preset(name, value))


def _kept_text(kept: int, before: int | None) -> str:
    """How many candidates are kept, and how many were before; 0 is a number that a server's head does not decide."""
    if not kept:
        return "how many are kept is not decided here"
    if before == kept:
        return f"{kept:,} kept, as many as before"
    return f"{kept:,} kept instead of {before:,}" if before else f"{kept:,} kept"


def _label(name: str) -> str:
    return PARAMETERS[name].label if name in PARAMETERS else name.replace("_", " ")
