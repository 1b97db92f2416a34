"""The base of the explorer's App, safe in any terminal, and the function that runs it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from rich.console import RenderableType
from rich.text import Text
from textual import constants, on
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.driver import Driver
from textual.events import DescendantFocus, Event, Key, Paste, Resize
from textual.filter import LineFilter
from textual.screen import Screen
from textual.worker import WorkerFailed

from tui.terminal.checks import check_terminal, prepare_environment, surroundings
from tui.terminal.crash import report_crash
from tui.terminal.driver import SafeDriver
from tui.terminal.filters import HarmlessText
from tui.terminal.frame import ShownFrame
from tui.terminal.signals import ending_cleanly, run_exit_tasks
from tui.terminal.typing import InOrder
from tui.terminal.widths import widen_spacing_marks

Result = TypeVar("Result")


class SafeApp(App[Result]):
    """An App with lenient input, filtered output, a theme that suits the terminal, and one-line crash messages.

    `exit_tasks` are callbacks called before the process ends, however it ends, for example to keep the session; each
    returns a line that is then left on the terminal, or ''.
    """

    ANSI_THEME: ClassVar[str] = "ansi-dark"
    """The theme for terminals with 16 colours or none."""

    def __init__(self) -> None:
        prepare_environment()
        widen_spacing_marks()
        self.surroundings = surroundings()
        self.exit_tasks: list[Callable[[], str]] = []
        self._harmless = HarmlessText()
        self._frame = ShownFrame()
        self._crash = ""
        self._typed = InOrder(self, super().on_event)
        # Without ansi_color, NO_COLOR makes textual write 24-bit greys, and black on black with an ANSI theme.
        super().__init__(ansi_color=True if self.surroundings.no_color else None)
        self.theme = self.fitting_theme(self.theme)
        if self.surroundings.remote:
            self.animation_level = "none"

    def fitting_theme(self, wanted: str) -> str:
        """`wanted`, or the ANSI theme if the terminal has at most 16 colours or NO_COLOR is set."""
        few = self.console.color_system in (None, "standard")
        return self.ANSI_THEME if few or self.surroundings.no_color else wanted

    async def on_event(self, event: Event) -> None:
        """Handle an event as textual does, except that each key waits until the previous key has taken effect."""
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            await self._typed.take(event)
        else:
            await super().on_event(event)

    def get_driver_class(self) -> type[Driver]:
        """`SafeDriver`, unless the environment names another driver (textual-serve does)."""
        return super().get_driver_class() if constants.DRIVER else SafeDriver

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, then `HarmlessText`: no text that leaves the program acts on the terminal."""
        return [*super().get_line_filters(), self._harmless]

    @on(Resize)
    def action_repaint(self) -> None:
        """Paint the whole screen, also at a size known already: the terminal may have cut cells off in between.

        A terminal that is entered again, after the program was suspended, reports its size too.
        """
        self._frame.forget()
        self.screen.refresh()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Write only what differs from what the terminal shows."""
        if isinstance(renderable, ChopsUpdate | LayoutUpdate):
            change = self._frame.change(renderable, screen.size)
            super()._display(screen, change)  # type: ignore[arg-type]  # textual takes its own updates too
        else:
            super()._display(screen, renderable)

    @on(DescendantFocus)
    def _steady_cursor(self, event: DescendantFocus) -> None:
        """Over SSH switch off the blinking cursor of the focused widget: it costs 600 bytes a second."""
        if self.surroundings.remote and hasattr(event.widget, "cursor_blink"):
            event.widget.cursor_blink = False

    def panic(self, *renderables: RenderableType) -> None:
        """End with one line instead of textual's `renderables`, which show local variables."""
        if not self._crash:
            self._crash = "samplescope crashed."
        if not self._exit_renderables:
            self._exit_renderables.append(Text(self._crash))
        self._return_code = self._return_code or 1
        self._close_messages_no_wait()

    def _handle_exception(self, error: Exception) -> None:
        if not self._crash:
            self._crash = report_crash(error.error if isinstance(error, WorkerFailed) else error)
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self.panic()


def run_safely(app: SafeApp[Result], *, mouse: bool = True) -> int:
    """Run the app in this terminal; returns the exit code for `sys.exit`.

    Raises InputError, before anything is written, if there is no suitable terminal.
    """
    check_terminal()
    with ending_cleanly(app.exit_tasks):
        try:
            app.run(mouse=mouse)
        finally:
            with contextlib.suppress(OSError):  # a terminal that is gone
                print("".join(f"{line}\n" for line in run_exit_tasks(app.exit_tasks)), end="", flush=True)
    return app.return_code or 0
