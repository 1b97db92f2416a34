"""What a view's answer is for, and everything that opens something else: find, help, copy, save.

The other screens are imported when they are opened: the first picture does not wait for them.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.widget import Widget

from tui.core.printable import printable
from tui.errors import InputError
from tui.protocol import Row, Viewed
from tui.screens import news, requests
from tui.screens.bench import Bench
from tui.widgets.candidates import CandidateList

if TYPE_CHECKING:
    from tui.screens.find import FindScreen


class Outlets(Bench):
    """Answers to the panes that asked, and the screens over the workbench."""

    _finder: FindScreen | None = None

    # -- answers to views ----------------------------------------------------------------------------------------

    @on(news.ViewIn)
    def _view_in(self, message: news.ViewIn) -> None:
        viewed = message.viewed
        handler = {
            requests.MAIN: self._main_in,
            requests.SCROLL: self._rows_in,
            requests.REACH: self._reach_in,
            requests.FIND: self._found_in,
        }.get(viewed.slot)
        if handler is not None:
            handler(viewed)

    def _main_in(self, viewed: Viewed) -> None:
        if requests.worth_showing(viewed, self.state, self.story):
            self.shown = viewed
            self.show_view(viewed)

    def _rows_in(self, viewed: Viewed) -> None:
        self.query_one(CandidateList).add_rows(viewed)

    def _reach_in(self, viewed: Viewed) -> None:
        if self.reach.take_in(viewed):
            self.show_reach()
            self.ask_reach()

    def _found_in(self, viewed: Viewed) -> None:
        if self._finder is not None:
            self._finder.show_found(viewed.found)
        elif viewed.found and requests.answers(viewed, self.state):
            self._bring(viewed.found[0])

    @on(news.ViewRefused)
    def _view_refused(self, message: news.ViewRefused) -> None:
        """What could not be computed is said where it would stand."""
        line = printable(message.line, space=" ")
        if message.view.slot == requests.MAIN and message.view.at == self.state.cursor:
            self.shown = None
            self.show_view(None, line)
        self.say(line)

    # -- find ----------------------------------------------------------------------------------------------------

    def action_find(self) -> None:
        """Find a token by text or #id."""
        self.when_ready(self._find)

    def _find(self) -> None:
        from tui.screens.find import FindScreen

        self._finder = FindScreen(lambda text: self.session.want(requests.find_view(self.state, text)))
        self.app.push_screen(self._finder, self._reveal)

    def _reveal(self, row: Row | None) -> None:
        self._finder = None
        if row is not None:
            self._bring(row)
            self.query_one(CandidateList).focus()

    def _bring(self, row: Row) -> None:
        """Show a candidate in the list; one of the unseen tail, whose place nobody knows, in the tail's line."""
        candidates = self.query_one(CandidateList)
        if row.rank:
            candidates.reveal(row.rank)
        else:
            candidates.reveal_unseen(row)

    # -- help ----------------------------------------------------------------------------------------------------

    def action_help(self) -> None:
        """What the focused pane shows, and every key."""
        from tui.screens.help import HelpScreen, explain

        panes = self.focused.ancestors_with_self if self.focused is not None else []
        text = next(filter(None, (explain(pane) for pane in panes if isinstance(pane, Widget))), "")
        opened = self.session.client.mirror.opened
        self.app.push_screen(HelpScreen(text, self.keymap, opened.notes if opened else ()))

    # -- copy and save -------------------------------------------------------------------------------------------

    def action_copy(self) -> None:
        """The settings in force for generate(), vLLM or llama.cpp."""
        from tui.screens.export import ExportScreen

        self.app.push_screen(ExportScreen(self.state.settings(), self.state.seed, self.ask_and_write))

    def action_save(self) -> None:
        """The branch as JSON Lines."""
        from tui.screens.saving import branch_text

        opened = self.session.client.mirror.opened
        if opened is None or not self.branch:
            self.say("There is nothing to save yet.")
            return
        text = branch_text(opened, self.state.settings(), self.state.seed, self.branch)
        self.ask_and_write("branch", ".jsonl", text)

    def ask_and_write(self, stem: str, ending: str, text: str) -> None:
        """Ask for a name, and write a new file."""
        from tui.screens.ask import AskScreen
        from tui.screens.saving import suggested

        hint = "a new file, never over one · ⏎ writes it · esc"
        take = partial(self._write, text)
        self.app.push_screen(AskScreen("Save as", hint, suggested(stem, ending), take=take))

    def _write(self, text: str, name: str) -> str:
        from tui.screens.saving import write_new

        try:
            path = write_new(name, text)
        except InputError as error:
            return str(error)
        self.say(printable(f"Written: {path}", space=" "))
        return ""
