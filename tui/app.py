"""The explorer as a program: themes, keys, the workbench, the command palette. No state and no logic of its own."""

from __future__ import annotations

import gc
from contextlib import ExitStack
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.dom import DOMNode
from textual.screen import Screen

from tui import config, keys, paths
from tui.client.asking import Greeted
from tui.client.client import Client, Listener
from tui.core.printable import printable
from tui.explorer.engine import Connect
from tui.launch import LaunchOptions
from tui.palette import Actions
from tui.screens.layout import size_classes
from tui.screens.workbench import Workbench
from tui.terminal.app import SafeApp, run_safely
from tui.themes import load_themes, variable_defaults

DARK, TERMINAL = "samplescope-dark", "samplescope-terminal"


class SamplescopeApp(SafeApp[None]):
    """Registers themes and keys, and shows the workbench."""

    TITLE = "samplescope"
    CSS_PATH = "screens/workbench.tcss"
    COMMANDS: ClassVar[set[type[Provider]]] = {Actions}  # type: ignore[assignment]
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", "quit", show=False, system=True, priority=True)]

    def __init__(
        self,
        options: LaunchOptions,
        connect: Connect | None = None,
        settings: config.Config | None = None,
        greeted: Greeted | None = None,
    ) -> None:
        """`greeted`: what `options.engine` has started already."""
        super().__init__()
        self.options = options
        self.settings, self.problems = (settings, []) if settings is not None else config.load()
        self.keymap, wrong = keys.check_keymap(self.settings.keymap)
        self.problems += wrong
        self.own_themes: list[str] = []
        self._use_themes()
        self.connect: Connect = connect or self._child
        self._greeted = greeted
        self._unseen = ExitStack()

    def _child(self, listener: Listener) -> Client:
        """A client that starts the engine as a child process, or by the command that was asked for."""
        greeted, self._greeted = self._greeted, None  # the first client's; one that loads beside it starts its own
        return Client(listener, self.options.engine, greeted)

    def _use_themes(self) -> None:
        """Ours and the person's own; the terminal's colours where there are sixteen or none."""
        themes, problems = load_themes(paths.themes_dir())
        for theme in themes:
            self.register_theme(theme)
        self.own_themes = [theme.name for theme in themes]
        wanted = self.settings.theme or DARK
        if wanted not in self.available_themes:
            problems.append(f"There is no theme {wanted!r}.")
            wanted = DARK
        fitting = self.fitting_theme(wanted)
        self.theme = TERMINAL if fitting == self.ANSI_THEME else fitting
        self.problems += problems

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colours for themes that do not name them."""
        return variable_defaults(self.current_theme)

    def get_default_screen(self) -> Screen[None]:
        """The workbench is the first screen, not one over an empty one: so the first picture is earlier."""
        return Workbench(self.options, self.connect, self.keymap, classes=size_classes(self.size))

    def on_mount(self) -> None:
        """Use the person's keys, and say what of the configuration could not be used."""
        self.set_keymap(self.keymap)
        for problem in self.problems:
            self.notify(printable(problem, space=" "), severity="warning", markup=False, timeout=10)

    def on_load(self) -> None:
        """Hold the first picture back until every pane has its size: what is painted before is painted again."""
        self._unseen.enter_context(self.batch_update())

    def on_ready(self) -> None:
        """The panes have their sizes: once they have drawn themselves, the first picture."""
        self.call_after_refresh(self._show)
        # Collect garbage from now on, but never look through what was imported until now: it stays.
        if not gc.isenabled():
            gc.freeze()
            gc.enable()

    def _show(self) -> None:
        self._unseen.close()
        if isinstance(self.screen, Workbench):
            self.screen.call_after_refresh(self.screen.go_on)

    async def action_quit(self) -> None:
        """End; where no model could be opened, with the reason and the exit code of bad input."""
        bench = self.screen_stack[0]
        explorer = bench.explorer if isinstance(bench, Workbench) else None
        trouble = explorer.trouble if explorer is not None and explorer.picture.opened is None else ""
        self.exit(return_code=2 if trouble else 0, message=Text(f"samplescope: {trouble}") if trouble else None)

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: DOMNode) -> None:
        """Nothing: clashes are found and refused when the keymap is read."""


def main(options: LaunchOptions, greeted: Greeted | None = None) -> int:
    """Run the explorer in this terminal, over an engine that has `greeted` or one it starts itself; the exit code."""
    settings, problems = config.load()
    app = SamplescopeApp(options, settings=settings, greeted=greeted)
    app.problems += problems
    return run_safely(app, mouse=settings.mouse)
