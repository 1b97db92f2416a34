"""The command palette: every action of the workbench, every parameter and every theme, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.fuzzy import Matcher

from tui import keys
from tui.core.stages import MAX_NEW_TOKENS, PARAMETERS, SEED

Entry = tuple[str, str, Callable[[], object]]
"""(title, help sentence, callback)."""


class Bench(Protocol):
    """The bottom screen, the workbench."""

    @property
    def keymap(self) -> keys.Keymap:
        """The person's keys."""

    def action_do(self, action: str) -> None:
        """Do an action by its id."""

    def set_parameter(self, name: str) -> None:
        """Set a parameter as a number."""


_TIER = 1000.0
"""More than any score of textual's matcher."""


def _score(matcher: Matcher, title: str, sentence: str) -> float:
    """How well a query fits: its own name, then other names, titles, sentences; 0 if it does not."""
    name = title.partition(": ")[2]
    if matcher.query.casefold() in (name.casefold(), title.casefold()):
        return 3 * _TIER
    matches = ((tier, matcher.match(text)) for tier, text in ((2, name), (1, title), (0, sentence)))
    return next((tier * _TIER + match for tier, match in matches if match > 0), 0.0)


class Actions(Provider):
    """Lists the actions and themes, found by title or help sentence."""

    async def discover(self) -> Hits:
        """All entries, shown before anything is typed."""
        for title, sentence, do in self._entries():
            yield DiscoveryHit(title, do, help=sentence)

    async def search(self, query: str) -> Hits:
        """The entries whose name, title or sentence matches `query`; a match of the name comes first."""
        matcher = self.matcher(query)
        for title, sentence, do in self._entries():
            if (score := _score(matcher, title, sentence)) > 0:
                yield Hit(score, matcher.highlight(title), do, help=sentence)

    def _entries(self) -> Iterator[Entry]:
        for action in keys.ACTIONS.values():
            if action.id != "palette":
                pressed = keys.shown_keys(self._bench.keymap.of(action.id))
                yield f"{action.group}: {action.name}", f"{pressed} · {action.tooltip}", self._run(action)
        for parameter in (*PARAMETERS.values(), MAX_NEW_TOKENS, SEED):
            title = f"{keys.SET}: {parameter.label}"
            yield title, f"{parameter.help} {parameter.range_text().capitalize()}.".strip(), self._set(parameter.name)
        for theme in self.app.available_themes:
            yield f"Theme: {theme}", "Use this theme.", self._use(theme)

    @property
    def _bench(self) -> Bench:
        return cast("Bench", self.app.screen_stack[0])

    def _run(self, action: keys.Action) -> Callable[[], object]:
        """A callback that does an action, whatever pane has the focus."""
        if action.call:
            return self._without_dialogs(self.app.run_action, action.call)
        # not by its binding, which is off where an editor takes the key
        return self._without_dialogs(self._bench.action_do, action.id)

    def _set(self, name: str) -> Callable[[], object]:
        """A callback that opens the row of a parameter."""
        return self._without_dialogs(self._bench.set_parameter, name)

    def _without_dialogs(self, act: Callable[[str], object], argument: str) -> Callable[[], object]:
        """A callback that closes all dialogs first."""

        def run() -> None:
            while len(self.app.screen_stack) > 1:
                self.app.pop_screen()
            self.app.call_later(act, argument)

        return run

    def _use(self, theme: str) -> Callable[[], object]:
        return lambda: setattr(self.app, "theme", theme)
