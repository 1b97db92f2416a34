"""Copies what the workbench shows, or writes it to files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from textual.screen import Screen

from tui.core.printable import printable
from tui.errors import InputError
from tui.explorer.copying import Copyable, branch_copy, plot_copy, row_copy, settings_copies, token_copy
from tui.explorer.explorer import Explorer
from tui.screens.panes import Panes
from tui.widgets.controls import Controls

_SENT = "Sent to the terminal's clipboard: {}. If it is not there: {{copy}}, and w there, writes it to a file."


class Outlets:
    """Copies through the terminal (OSC 52), which not every terminal supports and none confirms; or writes files."""

    def __init__(self, screen: Screen[None], explorer: Explorer, panes: Panes) -> None:
        self._screen, self._explorer, self._panes = screen, explorer, panes

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        return {"copy": self.choose, "copy_this": self.copy_this, "save": self.save}

    # -- copying -------------------------------------------------------------------------------------------------

    def copyables(self) -> list[Copyable]:
        """Everything on screen that can be copied."""
        picture, candidate = self._explorer.picture, self._panes.candidates.highlighted
        shown = [branch_copy(picture.branch)] if picture.branch else []
        shown += [token_copy(candidate), row_copy(candidate)] if candidate is not None else []
        shown += [plot_copy(plot)] if (plot := self._panes.plot.text) else []
        return [*shown, *settings_copies(picture.state.settings(), picture.state.seed)]

    def choose(self) -> None:
        """Choose what to copy."""
        from tui.screens.export import ExportScreen

        self._screen.app.push_screen(ExportScreen(self.copyables(), self._focused(), self.copy, self.ask_and_write))

    def copy_this(self) -> None:
        """Copy what the focused pane shows."""
        here = self._focused()
        found = next((one for one in self.copyables() if one.title.startswith(here)), None)
        if found is None:
            self._explorer.say("There is nothing to copy here yet.")
        else:
            self.copy(found.title, found.text)

    def copy(self, title: str, text: str) -> None:
        """Copy a text and say so."""
        self._screen.app.copy_to_clipboard(text)
        self._explorer.say(self._explorer.phrase(_SENT.format(title)))

    def _focused(self) -> str:
        """The title, or its beginning, of what the focused pane shows."""
        focused = self._screen.focused
        if focused is None:
            return "the row"
        if any(isinstance(pane, Controls) for pane in focused.ancestors_with_self):
            return "generate"
        return {self._panes.text: "the text", self._panes.plot: "the plot"}.get(focused, "the row")

    # -- files ---------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Save the branch as JSON Lines."""
        from tui.explorer.saving import branch_text

        opened, picture = self._explorer.picture.opened, self._explorer.picture
        if opened is None or not picture.branch:
            self._explorer.say("There is nothing to save yet.")
            return
        text = branch_text(opened, picture.state.settings(), picture.state.seed, picture.branch)
        self.ask_and_write("branch", ".jsonl", text)

    def ask_and_write(self, stem: str, ending: str, text: str) -> None:
        """Ask for a file name and write `text` to a new file."""
        from tui.explorer.saving import suggested
        from tui.screens.ask import AskScreen

        hint = "a new file, never over one · ⏎ writes it · esc closes"
        take = partial(self._write, text)
        self._screen.app.push_screen(AskScreen("Save as", hint, suggested(stem, ending), take=take))

    def _write(self, text: str, name: str) -> str:
        from tui.explorer.saving import write_new

        try:
            path = write_new(name, text)
        except InputError as error:
            return self._explorer.words(error)
        self._explorer.say(printable(f"Written: {path}", space=" "))
        return ""
