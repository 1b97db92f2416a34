"""Folds and shows the workbench's panes, by the terminal's size, the focus, and the person's choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from tui.screens.panes import Panes
from tui.widgets.plots import PLOTS

WIDE = 100
"""Terminal width from which there are two columns of panes."""
TALL = 36
"""Terminal height from which a single column has room for the controls."""
WIDTHS = [(0, "-tiny"), (60, "-narrow"), (WIDE, "-wide")]
HEIGHTS = [(0, "-flat"), (15, "-low"), (21, "-short"), (28, "-medium"), (TALL, "-tall")]
"""Textual's breakpoints: (least columns or lines, class). `workbench.tcss` sets heights for each class."""
TOO_SMALL = "samplescope needs at least 60x15"


def size_classes(size: Size) -> str:
    """The classes of the breakpoints for this size; set from the start, so that styles are computed once."""
    return " ".join(
        max((least, name) for least, name in breakpoints if length >= least)[1]
        for length, breakpoints in zip(size, (WIDTHS, HEIGHTS), strict=True)
    )


class Layout:
    """Folds and unfolds the panes of `screen` by CSS classes; heights and order are in `workbench.tcss`."""

    def __init__(self, screen: Screen[None], panes: Panes) -> None:
        self._screen, self._panes = screen, panes

    def commands(self) -> Mapping[str, Callable[[], object]]:
        """Handlers by action id."""
        return {
            "controls": self.go_to_controls,
            "edit": self.go_to_prompt,
            "plot": self.switch_plot,
            "next_plot": self.next_plot,
            "zoom": self.zoom,
        }

    def fold(self) -> None:
        """In a small terminal show the controls as one line and hide the prompt, unless they have the focus."""
        screen, controls = self._screen, self._panes.controls
        little = screen.size.width < WIDE and screen.size.height < TALL and not self.zoomed
        inside = screen.focused is not None and controls in screen.focused.ancestors_with_self
        screen.set_class(little and inside, "-knobs")
        screen.set_class(screen.focused is self._panes.prompt, "-writing")
        controls.compact = little and not inside

    def go_to_controls(self) -> None:
        """Focus the first slider."""
        self.unzoom()
        self._panes.controls.compact = False
        self._panes.controls.query("Slider").first().focus()

    def go_to_prompt(self) -> None:
        """Focus the prompt editor, after showing it if it is hidden."""
        self.unzoom()
        self._screen.add_class("-writing")
        if self._panes.prompt.focusable:  # at once, because the next key press is meant for the editor
            self._panes.prompt.focus()
        else:
            self._screen.call_after_refresh(self._panes.prompt.focus)

    def leave_prompt(self) -> None:
        """Focus the list, or the plot in its place, if the prompt editor has the focus."""
        if self._screen.focused is self._panes.prompt:
            self._panes.home.focus()

    def write_prompt(self, text: str) -> None:
        """Put a text into the prompt editor, not submitted, and go there; the editor's undo brings back the old one."""
        self._panes.prompt.rewrite(text)
        self.go_to_prompt()

    def switch_plot(self) -> None:
        """Show or hide the plot, whatever the size."""
        if self.unzoom():
            return
        screen = self._screen
        hidden, asked = ("-no-plot", "-plot") if self._panes.plot.display else ("-plot", "-no-plot")
        if screen.has_class(asked):
            screen.remove_class(asked)
        else:
            screen.add_class(hidden)
        screen.call_after_refresh(self._keep_focus)

    def next_plot(self) -> None:
        """Show the next plot, also if the plot was hidden."""
        self._panes.plot.next_plot()
        if self.zoomed and not self._panes.plot.display:
            self.unzoom()
        elif not self._panes.plot.display:
            self.switch_plot()

    def show_plot(self, plot: str) -> None:
        """Show the plot with this id, if there is one; for '' see to it that the list is in sight."""
        pane = self._panes.plot
        if plot in [one.id for one in PLOTS]:
            while pane.plot.id != plot:
                pane.next_plot()
        if not self._panes.candidates.display or (plot and not pane.display):
            self.switch_plot()

    @property
    def zoomed(self) -> bool:
        """True if one pane has the whole screen."""
        return self._screen.has_class("-zoom")

    def zoom(self) -> None:
        """Give the focused pane the whole screen, or its place again."""
        here = self._screen.focused.ancestors_with_self if self._screen.focused is not None else []
        pane = next((pane for pane in self._panes.all if pane in here), self._panes.candidates)
        self._zoom(None if self.zoomed else pane)

    def unzoom(self) -> bool:
        """Give all panes their places again; False if they have them."""
        if zoomed := self.zoomed:
            self._zoom(None)
        return zoomed

    def _zoom(self, pane: Widget | None) -> None:
        self._screen.set_class(pane is not None, "-zoom")
        for one in self._panes.all:
            one.set_class(one is pane, "-zoomed")
        for column in self._screen.query("#left, #right"):
            column.set_class(pane in column.children, "-zoomed")
        self.fold()
        self._screen.call_after_refresh(self._keep_focus)

    def _keep_focus(self) -> None:
        """Focus the list, or the plot in its place, if the focused pane was hidden."""
        if self._screen.focused is None:
            self._panes.home.focus()
