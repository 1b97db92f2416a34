"""The line of keys at the bottom: those of the focused pane first, then the others, as many as the width holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.reactive import reactive
from textual.widget import Widget

from tui import keys
from tui.keys import Keymap
from tui.widgets.controls import Controls
from tui.widgets.entry import NumberEntry
from tui.widgets.lesson import LessonPane
from tui.widgets.plots.pane import PlotPane
from tui.widgets.prompt import PromptEditor
from tui.widgets.slider import Slider
from tui.widgets.text import StoryText

GAP = "  "


class Item(NamedTuple):
    """A key and what it does; `action` is the Textual action of a click, '' for a key without one."""

    key: str
    words: str
    action: str = ""

    @property
    def width(self) -> int:
        """Width in cells."""
        return cell_len(self.key) + 1 + cell_len(self.words)


LIST, TEXT, PLOT, LESSON, PROMPT, SLIDER = "list", "text", "plot", "lesson", "prompt", "slider"
FIELD, TYPING = "field", "typing"
DIALOG = "dialog"
"""A dialog has the keys, and names them itself."""
_MODES: dict[str, tuple[str | Item, ...]] = {
    TYPING: (Item("⏎", "use the number"), Item("esc", "discard it")),
    PROMPT: (
        "submit",
        "score",
        Item("esc", "leave", "screen.do('stop')"),
        Item("f7", "select all", "screen.select_prompt"),
        Item("ctrl+z", "undo"),
        Item("f1", "help", "screen.do('help')"),
    ),
    DIALOG: (),
}
"""What takes all keys by itself: only its own are shown."""
_OWN: dict[str, tuple[str | Item, ...]] = {
    LIST: ("take", "step", "run", "back", "plot", "find", "undo", "next_seed", "controls", "edit", "draws"),
    TEXT: ("step", "run", "back", "forward", "next_surprise", "steps", "branch", "copy_this"),
    LESSON: (
        Item("⏎", "set up", "screen.do('use_lesson')"),
        "next_lesson",
        "previous_lesson",
        "step",
        "run",
        "undo",
        "zoom",
        "lesson",
    ),
    PLOT: ("next_plot", Item("-", "view"), Item("↑↓", "range"), "zoom", "step", "run", "copy_this"),
    SLIDER: (Item("←→", "move"), Item("0–9", "type"), "off", "source", Item("esc", "leave", "screen.do('stop')")),
    FIELD: (Item("0–9", "type"), "source", Item("esc", "leave", "screen.do('stop')")),
}
_THEN = (
    "step", "run", "back", "undo", "find", "controls", "plot", "edit", "next_seed", "draws", "next_surprise", "steps",
    "branch", "greedy", "parameters", "copy", "save", "zoom", "models", "theme", "quit",
)  # fmt: skip
_WITHOUT_MODEL = ("restart", "models", "edit", "theme", "quit")
_LAST = ("palette", "help")
"""Always shown, at the right end."""


def mode(focused: Widget | None) -> str:
    """What has the keys."""
    match focused:
        case NumberEntry(entry=str()):
            return TYPING
        case PromptEditor():
            return PROMPT
        case Slider():
            return SLIDER
        case NumberEntry() | Controls():
            return FIELD
        case LessonPane():
            return LESSON
        case StoryText():
            return TEXT
        case PlotPane():
            return PLOT
        case _:
            return LIST


def items(here: str, keymap: Keymap, width: int, *, model: bool) -> tuple[list[Item], list[Item]]:
    """The keys at the left and at the right end that `width` cells hold; `model`: there is one to be asked."""
    last = [] if here in _MODES else [_item(name, keymap) for name in _LAST]
    left = _fitting(_wanted(here, keymap, model=model), width - sum(len(GAP) + item.width for item in last))
    return left, last


def _wanted(here: str, keymap: Keymap, *, model: bool) -> Iterator[Item]:
    if here in _MODES:
        wanted: tuple[str | Item, ...] = _MODES[here]
    elif model:
        wanted = (*_OWN[here], *_THEN)
    else:
        wanted = _WITHOUT_MODEL
    if here == SLIDER:
        wanted = tuple(one for one in wanted if one != "back")  # its arrow moves the slider
    for one in dict.fromkeys(wanted):
        yield one if isinstance(one, Item) else _item(one, keymap)


def _fitting(wanted: Iterator[Item], width: int) -> list[Item]:
    """The first of them that fit into `width` cells, each with a gap behind it."""
    fitting: list[Item] = []
    for item in wanted:
        width -= item.width + len(GAP)
        if width < 0:
            break
        fitting.append(item)
    return fitting


def _item(name: str, keymap: Keymap) -> Item:
    action = keys.ACTIONS[name]
    call = action.call or f"screen.{action.action}"
    return Item(keymap.phrase(f"{{{name}}}"), action.name, call)


class KeyLine(Widget):
    """Draws the keys in one line; a click does what the key does."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"keys--key", "keys--words"}
    DEFAULT_CSS = """
    KeyLine {
        height: 1; width: 1fr; padding: 0 1;
        .keys--key { color: $live; text-style: bold; }
        .keys--words { color: $quiet; }
    }
    """
    here: reactive[str] = reactive(LIST)
    """What has the keys."""
    model: reactive[bool] = reactive(False)
    """True if there is a model to be asked."""

    def __init__(self, keymap: Keymap, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keymap = keymap

    def _items(self) -> tuple[list[Item], list[Item]]:
        return items(self.here, self._keymap, self.size.width, model=self.model)

    def render(self) -> RenderResult:
        """The keys of the pane from the left, palette and help at the right end."""
        left, last = self._items()
        room = self.size.width - _width(left) - _width(last)
        return Text.assemble(self._joined(left), " " * max(0, room), self._joined(last), no_wrap=True)

    def _joined(self, shown: Sequence[Item]) -> Text:
        key, words = (self.get_component_rich_style(f"keys--{part}", partial=True) for part in ("key", "words"))
        return Text(GAP).join([Text.assemble((item.key, key), (f" {item.words}", words)) for item in shown])

    async def on_click(self, event: events.Click) -> None:
        """Do what is written under the mouse."""
        offset = event.get_content_offset(self)
        left, last = self._items()
        starts = (0, self.size.width - _width(last))
        for start, shown in zip(starts, (left, last), strict=True):
            for item in shown:
                if offset is not None and start <= offset.x < start + item.width and item.action:
                    await self.app.run_action(item.action, default_namespace=self.screen)
                start += item.width + len(GAP)


def _width(shown: Sequence[Item]) -> int:
    return sum(item.width for item in shown) + len(GAP) * max(0, len(shown) - 1)
