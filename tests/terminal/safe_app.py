"""A small SafeApp, run on a pty by the tests beside it: shows what it received, and has a few keys."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Paste
from textual.widgets import Static, TextArea

from tui.errors import SamplescopeError
from tui.terminal.app import SafeApp, run_safely


class Parrot(SafeApp[None]):
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar = [
        ("f5", "crash_worker"),
        ("f7", "told"),
        ("f8", "hostile"),
        ("f9", "crash"),
        ("f10", "leave"),
        ("f12", "flood"),
        ("ctrl+q", "nothing"),
        ("ctrl+c", "nothing"),
    ]
    CSS = "#told, #pasted { height: 1; } #flood { height: 1fr; } TextArea { height: 5; }"

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def compose(self) -> ComposeResult:
        yield Static(f"ready theme={self.theme} animations={self.animation_level}", id="told", markup=False)
        yield Static(id="pasted", markup=False)
        yield TextArea(id="text", disabled="NO_EDITOR" in os.environ)
        yield Static(id="flood", markup=False)

    def on_paste(self, event: Paste) -> None:
        self.query_one("#pasted", Static).update(Content(f"pasted {len(event.text)}"))

    def tell(self, text: str) -> None:
        self.query_one("#told", Static).update(Content(text))

    def action_nothing(self) -> None:
        pass

    def action_told(self) -> None:
        """Show that keys still arrive."""
        self.count += 1
        self.tell(f"still here {self.count}")

    def action_leave(self) -> None:
        self.exit(return_code=4)

    def action_hostile(self) -> None:
        """Give a hostile text to widgets without making it printable."""
        text = Path(os.environ["HOSTILE"]).read_text(encoding="utf-8")
        self.query_one("#flood", Static).update(Content(text))
        area = self.query_one(TextArea)
        area.text = text
        area.styles.border = ("round", "green")
        area.border_title = Content(text)
        self.notify(text, title=text, markup=False)
        self.tell("shown")

    def action_crash(self) -> None:
        password = "sk-" + "SECRET" * 2
        raise RuntimeError(f"no such thing \x1b]52;c;eHg=\x07 of length {len(password)}")

    def action_crash_worker(self) -> None:
        self.run_worker(self.crash_later())

    async def crash_later(self) -> None:
        raise LookupError("in a worker")

    def action_flood(self) -> None:
        """Draw a new screenful thirty times a second, counted in a file."""
        self.set_interval(1 / 30, self.flood)

    def flood(self) -> None:
        self.count += 1
        self.query_one("#flood", Static).update(Content(f"{self.count} ".ljust(10, "x") * 400))
        Path(os.environ["BEATS"]).write_text(str(self.count))


def main() -> int:
    app = Parrot()
    said = os.environ.get("LAST_WORDS", "")
    if said:
        app.exit_tasks.append(lambda: str(1 / 0))
        app.exit_tasks.append(lambda: Path(said).write_text("saved") and "")
    if "STUCK" in os.environ:
        app.exit_tasks.append(lambda: time.sleep(600))
    try:
        return run_safely(app)
    except SamplescopeError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
