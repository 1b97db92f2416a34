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
from tui.widgets.controls import Controls
from tui.widgets.plots.pane import PlotPane
from tui.widgets.prompt import PromptEditor
from tui.widgets.text import LEGEND, StoryText

_KEY_WIDTH = 10
_NAME_WIDTH = 17
_ELSEWHERE = "Every action is also in the palette (:). Tab goes from pane to pane; ? there explains that pane."


CONTROLS = """\
# Controls

What is in force, and who decided it. None of it reaches the model: the list, the curve and the text follow at once.

- `←` `→` a step, with `shift` ten; `home` `end` the ends; wheel and drag; or type a number
- `o` off: the value at which it does nothing; `b` back to its source
- *you*, *preset*, *model* (its generation_config.json), *default* (transformers' own), *samplescope*: who decided
- `⚑` a default of transformers that acts: it applies top-k 50 where neither you nor the model set a top-k
- `○` off, `●` acting
"""
PROMPT = """\
# Prompt

What the model reads. Typing changes nothing until it is submitted; then it is a new branch, and the old ones stay.
In the border: how many tokens it has.
"""


def explain(pane: Widget) -> str:
    """A pane's help text as Markdown; '' if it has none."""
    if isinstance(pane, StoryText):
        return "# Text\n\n" + "\n".join(f"- *{mark}* {meaning}" for mark, meaning in LEGEND)
    if isinstance(pane, PlotPane):
        return pane.plot.help
    own = {Controls: CONTROLS, PromptEditor: PROMPT}.get(type(pane), "")
    return own or str(getattr(pane, "HELP", "") or "")


class HelpScreen(ModalScreen[None]):
    """A pane's help text, the notes about the model, then all actions by group."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,f1", "dismiss(None)", "close")]

    def __init__(self, text: str, keymap: keys.Keymap, notes: Sequence[str] = ()) -> None:
        super().__init__()
        self._text, self._keymap, self._notes = text, keymap, notes

    def compose(self) -> ComposeResult:
        """One scrollable page."""
        from textual.widgets import Markdown  # its parser is needed here only

        with Vertical(classes="dialog wide tall") as box:
            box.border_title = "Help"
            box.border_subtitle = "esc closes · ↑ ↓ scrolls"
            with VerticalScroll():
                if self._text:
                    yield Markdown(self._text.strip())
                if self._notes:
                    yield Static(self._model_notes())
                for group, actions in keys.grouped():
                    yield Static(Text(group, "bold"))
                    yield Static(self._table(actions))
                yield Static(Text(_ELSEWHERE))

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
