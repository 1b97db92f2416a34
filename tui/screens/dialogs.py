"""Opens the dialogs over the workbench, each by a key, and passes each dialog's answer to a feature.

Dialogs are imported when they are opened, so that the first picture does not wait for their imports.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec

from textual.screen import Screen
from textual.widget import Widget

from tui import recent
from tui.core.origin import Origin
from tui.core.settings import Value
from tui.explorer.comparing import Comparing
from tui.explorer.connection import Connection
from tui.explorer.explorer import Explorer
from tui.explorer.finding import Finding
from tui.explorer.navigation import Navigation
from tui.explorer.prompting import Prompting
from tui.explorer.stepping import Stepping
from tui.explorer.tuning import Tuning
from tui.protocol import Candidate

if TYPE_CHECKING:
    from tui.screens.compare import Chosen

P = ParamSpec("P")

_NO_STEPS = "There is no step yet: {step} draws a token; {back} goes into the prompt, whose tokens have numbers too."
_SYSTEM_HINT = "goes before the prompt in the chat template · empty: none · ⏎ uses it · esc closes"


def while_open(dialog: Screen[Any], show: Callable[P, object]) -> Callable[P, None]:
    """A callback that passes on to `show` while the dialog is open and has its widgets; before, it waits for them.

    They go before the dialog does, when it is left and when the program ends.
    """

    def answered(*args: P.args, **kwargs: P.kwargs) -> None:
        app = dialog.app
        if not app.is_running or dialog not in app.screen_stack:
            return
        if dialog.is_mounted:
            show(*args, **kwargs)
        else:
            dialog.call_later(answered, *args, **kwargs)

    return answered


class Dialogs:
    """Opens the dialogs over `screen`."""

    def __init__(
        self,
        screen: Screen[None],
        explorer: Explorer,
        *,
        navigation: Navigation,
        tuning: Tuning,
        stepping: Stepping,
        finding: Finding,
        prompting: Prompting,
        connection: Connection,
    ) -> None:
        self._screen, self._explorer = screen, explorer
        self._navigation, self._tuning, self._finding = navigation, tuning, finding
        self._prompting, self._connection = prompting, connection
        self._comparing = Comparing(explorer, tuning, stepping)

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        return {
            "jump": self.jump, "find": lambda: self._explorer.when_ready(self.find), "help": self.help,
            "parameters": self.parameters, "system": self.system, "models": self.models, "steps": self.steps,
            "branches": self.branches, "compare": lambda: self._explorer.when_ready(self.compare),
        }  # fmt: skip

    def jump(self) -> None:
        """Ask for a token's number, and move the cursor there."""
        from tui.screens.ask import AskScreen

        hint = f"its number, 1 to {len(self._explorer.picture.branch):,} · ⏎ goes there · esc closes"
        self._screen.app.push_screen(AskScreen("Jump to token", hint, kind="integer", take=self._navigation.jump))

    def find(self) -> None:
        """Search for a token by text or #id, and highlight the chosen one."""
        from tui.screens.find import FindScreen

        def ask(text: str) -> None:
            self._finding.find(text, while_open(finder, finder.show_found))

        viewed = self._explorer.picture.viewed
        finder = FindScreen(ask, viewed.vocabulary if viewed else 0)
        self._screen.app.push_screen(finder, self._found)

    def _found(self, candidate: Candidate | None) -> None:
        if candidate is not None:
            self._explorer.display.reveal(candidate)
            self._screen.query_one("#candidates").focus()

    def steps(self) -> None:
        """List the branch's tokens, and go before the chosen one: the list is then the one that it came from."""
        from tui.screens.steps import StepsScreen

        branch, cursor = self._explorer.picture.branch, self._explorer.state.cursor
        if not any(math.isfinite(node.surprisal) for node in branch):
            self._explorer.when_ready(lambda: self._explorer.say(self._explorer.phrase(_NO_STEPS)))
            return
        at = next((at for at, node in enumerate(branch, 1) if node.id == cursor), 0)
        self._screen.app.push_screen(
            StepsScreen(branch, at),
            lambda index: None if index is None else self._navigation.go_before(index),
        )

    def branches(self) -> None:
        """List the branches, and go to the chosen one."""
        from tui.explorer.branches import branches, position
        from tui.screens.branches import BranchesScreen

        story, state = self._explorer.story, self._explorer.state
        if state.cursor not in story:
            self._explorer.when_ready(lambda: None)
            return
        self._screen.app.push_screen(
            BranchesScreen(branches(story), position(story, state.tip)[0]),
            lambda tip: None if tip is None else self._navigation.show_branch(tip),
        )

    def compare(self) -> None:
        """Show up to four settings side by side at the cursor; use the chosen ones, and draw what they wrote."""
        from tui import own_presets
        from tui.screens.compare import NO_OFFER, CompareScreen

        own, problems = own_presets.load()
        for problem in problems:
            self._explorer.fail(problem)
        place = f"after token {self._explorer.story[self._explorer.state.cursor].position + 1:,}"
        screen = CompareScreen(self._comparing, place, self._explorer.phrase(NO_OFFER))
        self._comparing.changed = while_open(screen, screen.show)
        self._comparing.begin(own)
        self._screen.app.push_screen(screen, self._compared)

    def _compared(self, chosen: Chosen | None) -> None:
        if chosen is not None:
            (self._comparing.draw if chosen.draw else self._comparing.use)(chosen.column)

    def help(self) -> None:
        """Show the focused pane's help and all keys."""
        from tui.screens.help import HelpScreen, explain

        focused, opened = self._screen.focused, self._explorer.picture.opened
        panes = [pane for pane in self._screen.query(Widget) if explain(pane)]
        here = next((pane for pane in panes if focused is not None and pane in focused.ancestors_with_self), None)
        others = [explain(pane) for pane in panes if pane is not here]
        notes = opened.notes if opened else ()
        text = explain(here) if here is not None else ""
        self._screen.app.push_screen(HelpScreen(text, others, self._explorer.keymap, notes))

    def parameters(self, first: str = "") -> None:
        """Edit every parameter as a number; `first` is the parameter whose row has the focus."""
        from tui.screens.parameters import ParametersScreen

        state = self._explorer.state
        screen = ParametersScreen(state.settings(), state.given, state.base, state.seed, first)
        self._screen.app.push_screen(screen, self._set)

    def _set(self, values: dict[str, Value] | None) -> None:
        if values is not None:
            self._tuning.replace_given(values)

    def system(self) -> None:
        """Ask for the chat template's system prompt."""
        from tui.screens.ask import AskScreen

        self._screen.app.push_screen(
            AskScreen(
                "System prompt", _SYSTEM_HINT, self._prompting.system, take=self._prompting.use_system,
                may_be_empty=True,
            )
        )  # fmt: skip

    def models(self) -> None:
        """Choose another model to load."""
        from tui.screens.models import ModelsScreen

        opened = self._explorer.picture.opened
        screen = ModelsScreen(recent.models(), self._connection.origin, opened.device if opened else "cpu")
        self._screen.app.push_screen(screen, self._chosen)
        shown = while_open(screen, screen.show_catalog)
        self._explorer.engine.catalog(shown, while_open(screen, self._explorer.refused))

    def _chosen(self, origin: Origin | None) -> None:
        if origin is not None:
            self._connection.switch(origin)
