"""The screen of a sweep: a scatter plot of accuracy against diversity, and a table of every measure."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.core.grid import Measured
from tui.core.printable import printable
from tui.core.sweep_text import measure_text
from tui.explorer.sweep_run import Phase, SweepRun
from tui.explorer.sweeping import Sweeping
from tui.screens.sweep_texts import SweepTexts
from tui.widgets.plots.scatter import Point, Scatter
from tui.widgets.scatter_pane import ScatterPane
from tui.widgets.sweep_table import HEADINGS, NUMBER, SORTS, SweepTable

NEW = "new"
"""The result of the screen if another sweep is wanted."""
DIVERSITY = ("distinct_2", "distinct_1", "distinct_3", "self_bleu_4", "repetition_4", "entropy_bits")
"""What the y axis can show, in the order in which a key goes through it."""
ACCURACY = ("accuracy: mean ln p of the model", "accuracy: mean ln p", "mean ln p", "ln p")
"""Wordings of the name of the x axis."""
_KEYS = "↑↓ choose · ⏎ texts · y axis · s sort · r reverse · {run}w write · e new grid · esc closes"
_SHORT = "↑↓ · ⏎ texts · y axis · s r sort · {run}w write · e new · esc"
_RUN_KEYS = {
    Phase.RUNNING: "p pause · x give up · ",
    Phase.PAUSED: "p go on · x give up · ",
    Phase.GIVEN_UP: "p go on · ",
    Phase.DONE: "",
}
_NO_POINTS = "Each setting is a point here as soon as it is measured."
_ROOMY = 110
_FRAME = 5
"""Columns of the frame, the padding and the scrollbar."""


class SweepScreen(ModalScreen[str | None]):
    """Shows one sweep as it grows. Its result is `NEW`, or None."""

    CSS_PATH = "sweep.tcss"
    AUTO_FOCUS = "OptionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,T", "dismiss(None)", "close"),
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
        Binding("y", "axis", "other axis"),
        Binding("s", "sort", "sort by the next column"),
        Binding("r", "reverse", "sort the other way round"),
        Binding("p", "pause", "pause, or go on"),
        Binding("x", "give_up", "give up"),
        Binding("w", "write", "write to a file"),
        Binding("e", "dismiss('new')", "another grid"),
    ]

    def __init__(
        self, sweeping: Sweeping, run: SweepRun, prompt: str, write: Callable[[], None], message: Callable[[], str]
    ) -> None:
        """`write` opens the dialog that writes the table; `message`: what was said last, there for example."""
        super().__init__()
        self._sweeping, self._run, self._prompt, self._write, self._message = sweeping, run, prompt, write, message
        self._y = DIVERSITY[0]
        self._sort, self._descending = NUMBER, False
        self._chosen = 0
        """The number of the highlighted setting in the grid."""
        self._shown: tuple[Text, ...] = ()
        """The table's lines on screen: only a table that differs is painted again."""
        self._known = message()

    def compose(self) -> ComposeResult:
        """How far it is, the plot, the table."""
        with Vertical(id="sweep") as box:
            box.border_title = Text(f"Trade-off after {self._prompt}")
            yield Static(id="sweep-state", markup=False)
            yield ScatterPane(id="sweep-plot")
            yield Static(id="sweep-head", markup=False)
            yield OptionList(id="sweep-rows", compact=True)

    def on_mount(self) -> None:
        """Show what is known so far."""
        self.show()

    def on_resize(self) -> None:
        """Show it in the new width."""
        self.show()

    def on_screen_resume(self) -> None:
        """Say what a dialog over this screen has had to say."""
        if (message := self._message()) != self._known:
            self._known = message
            self._say(message)

    # -- showing -------------------------------------------------------------------------------------------------

    @property
    def table(self) -> SweepTable:
        """The table as it is sorted now."""
        return SweepTable(self._run.rows, self._run.varied, self._sort, self._descending, (self._y, "mean_logprob"))

    def show(self) -> None:
        """Show what is known of the sweep."""
        self._say("")
        self._show_state()
        self._show_table()
        self._show_plot()

    def _show_state(self) -> None:
        state = Text(state_line(self._run), no_wrap=True, overflow="ellipsis")
        if self._run.why or self._run.notes:
            state.append("\n" + " · ".join([self._run.why] if self._run.why else self._run.notes), "dim")
        widget = self.query_one("#sweep-state", Static)
        if widget.content != state:
            widget.update(state)

    def _show_table(self) -> None:
        width = max(20, self.app.size.width - _FRAME)
        table = self.table
        shown = (table.head(width), *table.lines(width))
        if shown != self._shown:
            self._shown = shown
            self.query_one("#sweep-head", Static).update(shown[0])
            rows = self.query_one("#sweep-rows", OptionList)
            rows.clear_options()
            rows.add_options([Option(line) for line in shown[1:]])
        self._highlight()

    def _highlight(self) -> None:
        """Highlight the chosen setting, wherever it is in the table."""
        at = next((at for at, row in enumerate(self.table.ordered()) if row.number == self._chosen), None)
        self.query_one("#sweep-rows", OptionList).highlighted = at

    def _show_plot(self) -> None:
        run, pane = self._run, self.query_one("#sweep-plot", ScatterPane)
        points = tuple(Point(row.number + 1, row.mean_logprob, getattr(row, self._y)) for row in run.rows)
        name = HEADINGS[self._y].long
        pane.placeholder = f"{name} is not known of any setting." if run.rows else _NO_POINTS
        pane.scatter = Scatter(points, ACCURACY, f"diversity: {name}", self._chosen + 1, joined=len(run.varied) == 1)
        pane.above = self._about_chosen()

    def _about_chosen(self) -> str:
        """The chosen point's number, settings and place."""
        row = self._row
        if row is None:
            return ""
        place = f"{measure_text(row.mean_logprob)} ln p, {measure_text(getattr(row, self._y))}"
        return f"{row.number + 1}: {self._run.label(row)} · {place}"

    @property
    def _row(self) -> Measured | None:
        """The chosen setting; None if it is not measured yet."""
        return next((row for row in self._run.rows if row.number == self._chosen), None)

    def _say(self, message: str) -> None:
        """Show a message in the border, or, without one, the keys."""
        keys = _KEYS if self.app.size.width >= _ROOMY else _SHORT
        hint = printable(message, space=" ") if message else keys.format(run=_RUN_KEYS[self._run.phase])
        self.query_one("#sweep").border_subtitle = Text(hint)

    # -- choosing ------------------------------------------------------------------------------------------------

    @on(OptionList.OptionHighlighted)
    def _choose_row(self, message: OptionList.OptionHighlighted) -> None:
        self._choose(self.table.ordered()[message.option_index].number)

    @on(ScatterPane.Chosen)
    def _choose_point(self, message: ScatterPane.Chosen) -> None:
        self._choose(message.number - 1)
        self._highlight()

    def _choose(self, number: int) -> None:
        if number != self._chosen:
            self._chosen = number
            self._say("")
            self._show_plot()

    def action_move(self, by: int) -> None:
        """Highlight the row below or above."""
        rows = self.query_one("#sweep-rows", OptionList)
        if by > 0:
            rows.action_cursor_down()
        else:
            rows.action_cursor_up()

    @on(OptionList.OptionSelected)
    def _open_texts(self, message: OptionList.OptionSelected) -> None:
        """Show the texts of the highlighted setting."""
        row = self.table.ordered()[message.option_index]

        def use(index: int | None) -> None:
            if index is not None:
                self._sweeping.use(self._run, row, index)
                self.dismiss(None)

        title = f"{len(row.texts)} continuations · {row.number + 1}: {self._run.label(row)}"
        self.app.push_screen(SweepTexts(title, row.texts, row.seed), use)

    # -- keys ----------------------------------------------------------------------------------------------------

    def action_axis(self) -> None:
        """Show the next measure of diversity on the y axis."""
        self._y = DIVERSITY[(DIVERSITY.index(self._y) + 1) % len(DIVERSITY)]
        self.show()

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._sort = SORTS[(SORTS.index(self._sort) + 1) % len(SORTS)]
        self.show()

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self._descending = not self._descending
        self.show()

    def action_pause(self) -> None:
        """Pause, or go on."""
        if self._run.phase is Phase.RUNNING:
            self._sweeping.pause(self._run)
        elif self._run.phase is not Phase.DONE:
            self._sweeping.go_on(self._run)

    def action_give_up(self) -> None:
        """Measure no more settings."""
        self._sweeping.give_up(self._run)

    def action_write(self) -> None:
        """Write the table to a file, or copy it."""
        if self._run.rows:
            self._write()
        else:
            self._say("No setting is measured yet: there is nothing to write.")


def state_line(run: SweepRun) -> str:
    """How far a sweep is: what it measures, and while it runs the setting under way, the speed and the time left."""
    length = run.setting_tokens // run.sweep.samples
    many = f"{run.settings} settings × {run.sweep.samples:,} continuations × {length:,} tokens"
    done = f"{len(run.rows)} of {many}"
    if run.phase is Phase.DONE:
        return f"{many} · seeds {run.sweep.seed} to {run.sweep.seed + run.sweep.samples - 1}"
    if run.phase is Phase.PAUSED and run.asked:
        return f"pausing · {done}"
    if run.phase is Phase.RUNNING and not run.asked:
        return f"waiting for the model · {done}"
    return " · ".join(filter(None, [f"{run.phase}", done, *_under_way(run)]))


def _under_way(run: SweepRun) -> list[str]:
    progress = run.progress
    if run.phase is not Phase.RUNNING or progress is None:
        return []
    speed, left = run.speed, run.seconds_left
    return [
        f"setting {len(run.rows) + 1}: {progress.done:,.0f} of {progress.total or 0:,.0f} {progress.unit}",
        f"{speed:,.0f} tokens/s" if speed is not None else "",
        f"{_duration(left)} left" if left is not None else "",
    ]


def _duration(seconds: float) -> str:
    """A time as text: `12 s`, `3:05 min`, `2:10 h`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}:{rest:02} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02} h"
