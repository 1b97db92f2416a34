"""The parameters screen's row for `do_sample`: greedy yes or no."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.widget import Widget

from tui.core.settings import Setting, Source
from tui.widgets.parameter_row import NAME, SOURCE, UNKNOWN, VALUE


class SwitchRow(Widget, can_focus=True):
    """Shows `do_sample` inverted, as greedy; switched with space, arrow keys or a click."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row--name", "row--quiet"}
    DEFAULT_CSS = """
    SwitchRow {
        height: 1; width: 1fr;
        .row--quiet { color: $quiet; }
        &:focus { background: $cursor; text-style: bold; }
        &:ansi:focus .row--name, &:nocolor:focus .row--name { text-style: bold reverse; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("space,left,right", "switch", "Switch", show=False)]

    setting: reactive[Setting | None] = reactive[Setting | None](None)
    given: reactive[bool] = reactive(False)

    def __init__(self, setting: Setting | None, base: Setting | None, *, given: bool) -> None:
        super().__init__(id="do_sample")
        self.base = base
        self.set_reactive(SwitchRow.setting, setting)
        self.set_reactive(SwitchRow.given, given)

    @property
    def greedy(self) -> bool:
        """True if the most probable token is always taken."""
        return self.setting is not None and self.setting.value is False

    def render(self) -> RenderResult:
        """Draw the same four columns as `ParameterRow`."""
        quiet = self.get_component_rich_style("row--quiet", partial=True)
        source = UNKNOWN if self.setting is None else str(self.setting.source)
        return Text.assemble(
            (f"{'greedy':<{NAME}}", self.get_component_rich_style("row--name", partial=True)),
            f"{'yes' if self.greedy else 'no':>{VALUE}}",
            (f"   {source:<{SOURCE}}space switches", quiet),
        )

    def action_switch(self) -> None:
        """Switch between greedy and drawing."""
        self._give(greedy=not self.greedy)

    def turn_off(self) -> None:
        """Switch greedy off."""
        self._give(greedy=False)

    def _give(self, *, greedy: bool) -> None:
        self.setting, self.given = Setting(not greedy, Source.YOU), True

    def give_back(self) -> None:
        """Give the parameter back to its source."""
        self.setting, self.given = self.base, False

    def on_click(self) -> None:
        """Switch between greedy and drawing."""
        self.action_switch()
