"""The program's own looks."""

from __future__ import annotations

from tui.screens.bench import Bench


class Looks(Bench):
    """What changes how things are shown, not what is shown."""

    def action_theme(self) -> None:
        """The next theme, samplescope's own first."""
        names = list(self.app.available_themes)
        own = getattr(self.app, "own_themes", None) or names
        here = own.index(self.app.theme) if self.app.theme in own else -1
        self.app.theme = own[(here + 1) % len(own)]
        self.say(f"Theme {self.app.theme}.")
