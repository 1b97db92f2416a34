"""The help dialog: the focused pane's explanation, and all keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from tui import keys
from tui.core.printable import printable
from tui.widgets.plots.pane import PlotPane

_KEY_WIDTH = 10
_NAME_WIDTH = 17
_ELSEWHERE = "Every action is also in the palette (:). Tab goes from pane to pane; ? there explains that pane first.\n"
_POST = """\
# The post

"The post" of the presets is a lesson in sampling (temperature, top-k, nucleus) whose prompt and four runs this program
redoes; README says whose it is. Its runs end at 128 tokens, the prompt counted, and so do the presets'.
"""


def explain(pane: Widget) -> str:
    """A pane's help as Markdown; '' if it has none."""
    return pane.plot.help if isinstance(pane, PlotPane) else pane.HELP or ""


class HelpScreen(ModalScreen[None]):
    """A pane's help text, the notes about the model, then all actions by group."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,f1", "dismiss(None)", "close")]

    def __init__(self, pane: str, others: Sequence[str], keymap: keys.Keymap, notes: Sequence[str] = ()) -> None:
        """`pane`: the help of the focused pane, which comes first; `others`: of the others, which come last."""
        super().__init__()
        self._pane, self._others, self._keymap, self._notes = pane, others, keymap, notes

    def compose(self) -> ComposeResult:
        """One scrollable page."""
        from textual.widgets import Markdown  # its parser is needed here only

        with Vertical(classes="dialog wide tall") as box:
            box.border_title = "Help"
            box.border_subtitle = "esc closes · ↑ ↓ scrolls"
            with VerticalScroll():
                if self._pane:
                    yield Markdown(self._pane.strip())
                if self._notes:
                    yield Static(self._model_notes())
                for group, actions in keys.grouped():
                    yield Static(Text(group, "bold"))
                    yield Static(self._table(actions))
                yield Static(Text(_ELSEWHERE))
                for text in (_POST, *self._others):
                    yield Markdown(text.strip())

    def _model_notes(self) -> Text:
        title = Text("Notes about this model\n", "bold")
        return title.append("".join(f"  {printable(note, space=' ')}\n" for note in self._notes), "not bold")

    def _table(self, actions: list[keys.Action]) -> Table:
        """A table of key, name and sentence; a long sentence wraps within its column."""
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=_KEY_WIDTH)
        table.add_column(width=_NAME_WIDTH)
        table.add_column(ratio=1)
        for action in actions:
            shown = keys.shown_keys(self._keymap.of(action.id))
            table.add_row(Text(f"  {shown}"), Text(action.name), Text(action.tooltip, "dim"))
        table.add_row("", "", "")
        return table
