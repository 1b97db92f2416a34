"""Shows the lessons beside the workbench: opens and closes their pane, turns pages, sets a lesson up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual.screen import Screen

from tui import paths
from tui.explorer.touring import Touring
from tui.keys import Keymap
from tui.lessons import language as languages
from tui.lessons.lesson import load
from tui.lessons.page import Page
from tui.screens.panes import Panes

OPEN = "-lesson"
"""The screen's class while the pane is there; `workbench.tcss` makes room for it."""


class Lessons:
    """The lesson pane of `screen`. The files are read when it is opened first."""

    def __init__(
        self, screen: Screen[None], panes: Panes, touring: Touring, keymap: Keymap, language: str = ""
    ) -> None:
        """`language`: that of the command line; '' is the locale's."""
        self._screen, self._panes, self._touring, self._keymap = screen, panes, touring, keymap
        self._language = language or languages.from_locale()
        self._labels = languages.labels(self._language)

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        return {
            "lesson": self.switch, "use_lesson": self.use, "next_lesson": lambda: self.turn(1),
            "previous_lesson": lambda: self.turn(-1),
        }  # fmt: skip

    @property
    def _open(self) -> bool:
        return self._screen.has_class(OPEN)

    def switch(self) -> None:
        """Show the pane and go there; from there, hide it."""
        pane = self._panes.lesson
        if not self._open:
            self.show()
        elif self._screen.focused is pane:
            self._screen.remove_class(OPEN)
            self._panes.home.focus()
            return
        self._screen.call_after_refresh(pane.focus)  # only then it is there

    def show(self) -> None:
        """Show the pane, at the page it had."""
        if not self._touring.lessons:
            self._touring.lessons, problems = load(paths.lessons_dir())
            for problem in problems:
                self._screen.notify(problem, severity="warning", markup=False)
        self._screen.add_class(OPEN)
        self._show_page()

    def turn(self, by: int) -> None:
        """Show another lesson; where the pane is hidden, show it first."""
        if not self._open:
            self.show()
        elif self._touring.turn(by):
            self._show_page()
            self._leave_sliders()
        else:
            self._touring.say(self._labels.last if by > 0 else self._labels.first)

    def use(self) -> None:
        """Set the lesson up; where the pane is hidden, show it first."""
        if not self._open:
            self.show()
        self._touring.set_up(self._labels)
        self._leave_sliders()

    def _leave_sliders(self) -> None:
        """Give the keys to the lesson's pane if a slider has them: the lesson means the text, not the slider."""
        pane, focused = self._panes.lesson, self._screen.focused
        if focused is not None and self._panes.controls in focused.ancestors_with_self:
            self._screen.call_after_refresh(pane.focus)

    def _show_page(self) -> None:
        pane, touring = self._panes.lesson, self._touring
        pane.page = Page(touring.lesson, self._language, self._keymap)
        pane.border_title = self._labels.place % (touring.index + 1, len(touring.lessons))
        pane.border_subtitle = self._keymap.phrase(self._labels.turns)
