"""Opens the screens of the trade-off over the workbench: the form, and the sweep of the prompt on screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual.screen import Screen

from tui.core.printable import printable
from tui.core.sweep_text import csv_lines, json_line
from tui.core.tokens import join_text
from tui.explorer.copying import Copyable
from tui.explorer.explorer import Explorer
from tui.explorer.sweep_run import Draft, SweepRun
from tui.explorer.sweeping import Sweeping
from tui.screens.dialogs import while_open
from tui.screens.outlets import Outlets

_AROUND = 46
"""Columns of a line that the prompt's end, which it shows, does not have."""


class Sweeps:
    """Opens the screens over `screen`; what is measured stays when they are closed."""

    def __init__(self, screen: Screen[None], explorer: Explorer, outlets: Outlets) -> None:
        self._screen, self._explorer, self._outlets = screen, explorer, outlets
        self.sweeping = Sweeping(explorer)

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        return {"sweep": lambda: self._explorer.when_ready(self.open)}

    def open(self) -> None:
        """Show the sweep of the prompt on screen, or without one the form."""
        if (run := self.sweeping.run) is None:
            self._form()
        else:
            self._show(run)

    def _form(self) -> None:
        from tui.screens.sweep_form import SweepForm

        form = SweepForm(self.sweeping.draft, self._prompt(), self._plan, self._explorer.words)
        self._screen.app.push_screen(form, self._begin)

    def _plan(self, draft: Draft) -> str:
        """What a draft would measure."""
        sweep = self.sweeping.plan(draft)
        run = SweepRun(sweep, self._explorer.story)
        length = run.setting_tokens // sweep.samples
        many = f"{len(sweep):,} settings × {sweep.samples:,} continuations × {length:,} tokens"
        before = " The measures before go." if self.sweeping.run is not None and self.sweeping.run.rows else ""
        return f"{many} = {run.setting_tokens * len(sweep):,} tokens to draw.{before}"

    def _begin(self, draft: Draft | None) -> None:
        if draft is not None:
            self.sweeping.begin(draft)
        if (run := self.sweeping.run) is not None:
            self._show(run)

    def _show(self, run: SweepRun) -> None:
        from tui.screens.sweep import SweepScreen

        explorer = self._explorer
        screen = SweepScreen(
            self.sweeping, run, self._prompt(), lambda: self._write(run), lambda: explorer.picture.message
        )

        self.sweeping.watcher = while_open(screen, screen.show)
        self._screen.app.push_screen(screen, self._closed)

    def _closed(self, result: str | None) -> None:
        self.sweeping.watcher = None
        if result is not None:
            self._form()

    def _write(self, run: SweepRun) -> None:
        from tui.screens.export import ExportScreen

        copyables = sweep_copies(run)
        self._screen.app.push_screen(ExportScreen(copyables, "", self._outlets.copy, self._outlets.ask_and_write))

    def _prompt(self) -> str:
        """The end of the prompt, in quotation marks, and how many tokens it has."""
        pieces = self.sweeping.prompt
        text = printable(join_text(pieces), space=" ")
        longest = max(10, self._screen.app.size.width - _AROUND)
        shown = text if len(text) <= longest else f"…{text[1 - longest :]}"
        return f"“{shown}” ({len(pieces):,} tokens)"


def sweep_copies(run: SweepRun) -> list[Copyable]:
    """A sweep's table in each of its forms, those of the command line."""
    rows = run.rows
    return [
        Copyable(
            "the table as JSON Lines", "".join(json_line(row, texts=False) + "\n" for row in rows), "sweep", ".jsonl"
        ),
        Copyable("the table as CSV", "".join(line + "\n" for line in csv_lines(rows, texts=False)), "sweep", ".csv"),
        Copyable(
            "the table and its texts as JSON Lines", "".join(json_line(row, texts=True) + "\n" for row in rows),
            "sweep-texts", ".jsonl",
        ),
    ]  # fmt: skip
