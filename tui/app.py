"""The explorer's App: registers themes, keys and the command palette, and shows the workbench."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from contextlib import ExitStack
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.dom import DOMNode
from textual.screen import Screen
from textual.theme import Theme

from tui import config, keys, paths, recent
from tui.client.asking import GreetedEngine
from tui.client.client import Client, Listener
from tui.core.printable import printable
from tui.errors import InputError
from tui.explorer.engine import Connect
from tui.launch import LaunchOptions
from tui.palette import Actions
from tui.screens.layout import size_classes
from tui.screens.workbench import Workbench
from tui.terminal.app import SafeApp, run_safely
from tui.themes import load_themes, variable_defaults

SHOWN_PROBLEMS = 5
DARK, TERMINAL = "samplescope-dark", "samplescope-terminal"


class SamplescopeApp(SafeApp[None]):
    """The App of the explorer; all state is in the workbench's explorer."""

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
        greeted: GreetedEngine | None = None,
    ) -> None:
        """`greeted`: the engine that the command `options.engine` has already started, if any."""
        super().__init__()
        self.options = options
        self.settings, self.problems = (settings, []) if settings is not None else config.load()
        self.keymap, wrong = keys.check_keymap(self.settings.keymap)
        self.problems += wrong + _preset_problems()
        self.own_themes: list[str] = []
        self._use_themes()
        self.connect: Connect = connect or self._connect_child
        self._greeted = greeted
        self._first_batch = ExitStack()

    def _connect_child(self, listener: Listener) -> Client:
        """A client that starts the engine as a child process, or by the command of `--engine`."""
        greeted, self._greeted = self._greeted, None  # for the first client; a later one starts its own engine
        return Client(listener, self.options.engine, greeted)

    def _use_themes(self) -> None:
        """Register samplescope's and the person's themes, and choose one that suits the terminal."""
        themes, problems = load_themes(paths.themes_dir())
        for theme in themes:
            self.register_theme(theme)
        self.own_themes = [theme.name for theme in themes]
        wanted = self.settings.theme or recent.theme() or DARK
        if wanted not in self.available_themes:
            if self.settings.theme:
                problems.append(f"There is no theme {wanted!r}.")
            wanted = DARK
        fitting = self.fitting_theme(wanted)
        self.theme = self._theme_before = TERMINAL if fitting == self.ANSI_THEME else fitting
        self.problems += problems

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Values of samplescope's theme variables for themes that lack them."""
        return variable_defaults(self.current_theme)

    def get_key_display(self, binding: Binding) -> str:
        """A key of the person's keymap as it is written there; textual would show an emoji's Unicode name."""
        written = self.keymap.get(binding.id or "")
        return super().get_key_display(binding) if written is None else keys.shown_key(written.split(",")[0].strip())

    def get_default_screen(self) -> Screen[None]:
        """The workbench, as the bottom screen: pushing it over an empty one would delay the first picture."""
        bench = Workbench(
            self.options, self.connect, self.keymap, size_classes(self.size), keeping=self.settings.resume
        )
        self.exit_tasks.append(bench.resuming.keep)
        return bench

    def on_mount(self) -> None:
        """Use the person's keys, and show a warning for each part of the configuration that is unusable."""
        self.set_keymap(self.keymap)
        self.theme_changed_signal.subscribe(self, self._remember_theme)
        for problem in a_few(self.problems):
            self.notify(printable(problem, space=" "), severity="warning", markup=False, timeout=10)

    def on_load(self) -> None:
        """Suspend painting until every pane has its size; otherwise everything would be painted twice."""
        self._first_batch.enter_context(self.batch_update())

    def on_ready(self) -> None:
        """The panes have their sizes: show the first picture after the next refresh."""
        self.call_after_refresh(self._show_first_picture)
        # Collect garbage from now on, without the objects of the imports so far, which live until the end.
        if not gc.isenabled():
            gc.freeze()
            gc.enable()

    def _show_first_picture(self) -> None:
        self._first_batch.close()
        if isinstance(self.screen, Workbench):
            self.screen.call_after_refresh(self.screen.go_on)

    def action_next_theme(self) -> None:
        """Use the next of samplescope's and the person's own themes."""
        here = self.own_themes.index(self.theme) if self.theme in self.own_themes else -1
        self.theme = self.own_themes[(here + 1) % len(self.own_themes)]
        if isinstance(bench := self.screen_stack[0], Workbench):
            bench.explorer.say(f"Theme {self.theme}.")

    def _remember_theme(self, theme: Theme) -> None:
        """Keep a theme that the person has chosen, by key or in the palette, for the next start."""
        if theme.name != self._theme_before:
            self._theme_before = theme.name
            recent.remember_theme(theme.name)

    async def action_quit(self) -> None:
        """End the program; if no model could be opened, with the reason and the exit code of bad input."""
        bench = self.screen_stack[0]
        explorer = bench.explorer if isinstance(bench, Workbench) else None
        error = explorer.open_error if explorer is not None and explorer.picture.opened is None else None
        if error is None:
            self.exit(return_code=0)
        else:
            said = printable(str(error), space=" ")
            self.exit(return_code=InputError.exit_code, message=Text(f"samplescope: {said}"))

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: DOMNode) -> None:
        """Do nothing: `keys.check_keymap` has already refused clashing keys."""


def _preset_problems() -> list[str]:
    """One line for each unusable preset of the person's own; the import is for those who have some."""
    if not paths.presets_file().exists():
        return []
    from tui import own_presets

    return own_presets.load()[1]


def a_few(problems: Sequence[str]) -> list[str]:
    """The first problems, and how many more there are: a configuration may be wrong in every line."""
    more = len(problems) - SHOWN_PROBLEMS
    return [
        *problems[:SHOWN_PROBLEMS],
        *([f"{more:,} more entries of your configuration are left out."] if more > 0 else []),
    ]


def main(options: LaunchOptions, greeted: GreetedEngine | None = None) -> int:
    """Run the explorer in this terminal, with the engine `greeted` or one it starts; returns the exit code."""
    settings, problems = config.load()
    app = SamplescopeApp(options, settings=settings, greeted=greeted)
    app.problems += problems
    return run_safely(app, mouse=settings.mouse)
