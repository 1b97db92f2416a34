"""Opens the dialogs in which something kept is chosen again: a prompt, a preset. What they need is imported then."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual.screen import Screen

from tui import recent
from tui.core.labels import in_words
from tui.core.presets import PRESETS, UNICORNS, Preset
from tui.core.printable import printable
from tui.errors import InputError
from tui.explorer.explorer import Explorer
from tui.explorer.tuning import Tuning
from tui.screens.layout import Layout

_NOTHING_GIVEN = "Every parameter is at its source: there is nothing to keep as a preset."
_PRESETS_HINT = "⏎ use · delete removes your own · {save_preset} keeps the settings as one · esc closes"


class Choices:
    """Opens the lists over `screen`, and hands what is chosen to a feature."""

    def __init__(self, screen: Screen[None], explorer: Explorer, *, tuning: Tuning, room: Layout) -> None:
        self._screen, self._explorer, self._tuning, self._room = screen, explorer, tuning, room

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        return {"prompts": self.prompts, "presets": self.presets, "save_preset": self.save_preset}

    def prompts(self) -> None:
        """Choose one of the prompts submitted last, or the post's, to write on with it."""
        from tui.screens.prompts import PromptsScreen

        known = recent.prompts()
        post = [] if UNICORNS in known else [UNICORNS]
        self._screen.app.push_screen(PromptsScreen([*known, *post]), self._write)

    def _write(self, prompt: str | None) -> None:
        if prompt is not None:
            self._room.write_prompt(prompt)

    def presets(self) -> None:
        """Choose a preset: one of the post's, or the person's own."""
        from tui import own_presets
        from tui.screens.presets import PresetsScreen

        own, problems = own_presets.load()
        for problem in problems:
            self._explorer.fail(problem)
        screen = PresetsScreen([*PRESETS, *own], self._explorer.phrase(_PRESETS_HINT), self._remove)
        self._screen.app.push_screen(screen, self._use)

    def _use(self, preset: Preset | None) -> None:
        if preset is not None:
            self._tuning.preset(preset)

    def _remove(self, preset: Preset) -> str:
        from tui import own_presets

        try:
            own_presets.remove(preset.name)
        except InputError as error:
            return self._explorer.words(error)
        return ""

    def save_preset(self) -> None:
        """Ask for a name, and keep the settings given now as a preset under it."""
        from tui import own_presets
        from tui.screens.ask import AskScreen

        given = self._explorer.state.given
        if not given:
            self._explorer.say(_NOTHING_GIVEN)
            return

        def take(name: str) -> str:
            try:
                own_presets.save(name, given)
            except InputError as error:
                return self._explorer.words(error)
            self._explorer.say(f"Kept as {printable(name, space=' ')}; {self._explorer.phrase('{presets} lists it.')}")
            return ""

        hint = f"{in_words(given)}\na name for these settings · ⏎ keeps them · esc closes"
        self._screen.app.push_screen(AskScreen("Keep as a preset", hint, take=take))
