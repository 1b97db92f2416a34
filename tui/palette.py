"""The command palette: every action of the workbench, and every theme, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui import keys

Entry = tuple[str, str, Callable[[], object]]
"""(title, help sentence, callback)."""


class Actions(Provider):
    """Lists the actions and themes, found by title or help sentence."""

    async def discover(self) -> Hits:
        """All entries, shown before anything is typed."""
        for title, sentence, do in self._entries():
            yield DiscoveryHit(title, do, help=sentence)

    async def search(self, query: str) -> Hits:
        """The entries whose title or sentence matches `query`."""
        matcher = self.matcher(query)
        for title, sentence, do in self._entries():
            score = max(matcher.match(title), matcher.match(sentence))
            if score > 0:
                yield Hit(score, matcher.highlight(title), do, help=sentence)

    def _entries(self) -> Iterator[Entry]:
        for action in keys.ACTIONS.values():
            if action.id != "palette":
                yield f"{action.group}: {action.name}", action.tooltip, self._run(action.action)
        for theme in self.app.available_themes:
            yield f"Theme: {theme}", "Use this theme.", self._use(theme)

    def _run(self, action: str) -> Callable[[], object]:
        """A callback that closes all dialogs and runs an action of the workbench, the bottom screen."""

        def run() -> None:
            workbench = self.app.screen_stack[0]
            while self.app.screen is not workbench:
                self.app.pop_screen()
            workbench.call_later(workbench.run_action, action)

        return run

    def _use(self, theme: str) -> Callable[[], object]:
        return lambda: setattr(self.app, "theme", theme)
