"""The input of every dialog: one line, on which a paste of several lines is kept whole."""

from __future__ import annotations

from textual.events import Paste
from textual.widgets import Input


class LineInput(Input):
    """An input that joins pasted lines by blanks. Textual's `Input` silently drops all lines but the first."""

    def _on_paste(self, event: Paste) -> None:
        event.prevent_default()
        super()._on_paste(Paste(" ".join(event.text.rstrip("\n").split("\n"))))
        event.stop()
