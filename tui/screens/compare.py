"""The screen that shows up to four settings side by side on the step at the cursor, and what each goes on to write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.core.printable import printable
from tui.explorer.comparing import Comparing, Side
from tui.explorer.offers import Offer
from tui.screens.compare_dialogs import LengthScreen, OffersScreen
from tui.screens.compare_hints import hint, note
from tui.widgets.compare_table import CompareColumn, CompareTable
from tui.widgets.compare_texts import CompareTexts, Texts, measures, progress

_FULL = "Four settings are the most; delete removes the chosen ones."
_FIRST = "The others are compared with the first settings, so these stay."
_NO_TEXT = "There is no text yet: c lets each of the settings continue."
_STOPPED = "Stopped · c begins again · esc closes"
_NOTHING_UNASKED = "Nothing acts here that nobody asked for."
NO_OFFER = "There are no other presets or branches; {save_preset} in the workbench keeps settings as a preset."
_FRAME = 5
"""Columns of the frame, the padding and the scrollbar."""
_TALL = 32
"""Lines of a screen that has room for all numbers above the texts."""


class Chosen(NamedTuple):
    """The result of the screen."""

    column: int
    """Whose settings to use."""
    draw: bool
    """True if its text is to be drawn too."""


class CompareScreen(ModalScreen[Chosen | None]):
    """Its result is what to use, or None."""

    CSS_PATH = "compare.tcss"
    AUTO_FOCUS = "VerticalScroll"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"compare--unasked", "compare--apart"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "close"),
        Binding("q,X", "close", show=False),
        Binding("left,h", "choose(-1)", show=False, priority=True),
        Binding("right,l", "choose(1)", show=False, priority=True),
        Binding("enter", "use", "use"),
        Binding("b", "draw", "draw"),
        Binding("c", "continue", "continue"),
        Binding("v", "switch", "texts or candidates"),
        Binding("p", "posts_four", "the post's four"),
        Binding("o", "switch_unasked", "off"),
        Binding("a", "add", "add"),
        Binding("delete,backspace", "remove", "remove"),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def __init__(self, comparing: Comparing, place: str, no_offer: str) -> None:
        """`place`: where the step is, for the title. `no_offer`: what to say where nothing can be added."""
        super().__init__()
        self._comparing, self._place, self._no_offer = comparing, place, no_offer
        self._chosen = 0
        self._reading = False
        """True while the texts are shown, False while the candidates are."""
        self._growing = False
        """True if a text grew when the screen was shown last."""
        self._texts = CompareTexts()
        self._message = self._hint = ""
        """What a key has said, and what stands in the border."""
        self._shown: dict[str, Text] = {}
        """What each part shows: only what differs is painted again."""

    def compose(self) -> ComposeResult:
        """The numbers, a heading, and the candidates or texts, which scroll."""
        with Vertical(id="compared") as box:
            box.border_title = f"Compare · {self._place}"
            yield Static(id="compared-head", markup=False)
            yield Static(id="compared-note", markup=False)
            yield Static(id="compared-heading", markup=False)
            with VerticalScroll():
                yield Static(id="compared-candidates", markup=False)
                yield Static(id="compared-texts", markup=False)
            yield Static(id="compared-measures", markup=False)

    def on_mount(self) -> None:
        """Show what is known so far."""
        self.show()

    def on_resize(self) -> None:
        """Show the table in the new width."""
        self._say("")
        self.show()

    def on_unmount(self) -> None:
        """Nothing goes on unseen."""
        self._comparing.stop()

    # -- what is shown -------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Show the sides, with what the engine has told of them."""
        columns = [_column(side) for side in self._comparing.sides]
        unasked = self.get_component_rich_style("compare--unasked", partial=True)
        table = CompareTable(columns, self._chosen, max(40, self.app.size.width - _FRAME), unasked)
        roomy = not self._reading or self.app.size.height >= _TALL
        self._update("#compared-head", table.head() if roomy else table.short_head())
        self._update(
            "#compared-note", [Text(note(self._comparing, self._chosen), unasked, no_wrap=True, overflow="ellipsis")]
        )
        for name in ("#compared-texts", "#compared-measures"):
            self.query_one(name).display = self._reading
        self.query_one("#compared-candidates").display = not self._reading
        if self._reading:
            self._show_texts(table)
        else:
            self._update("#compared-heading", [table.heading()])
            self._update("#compared-candidates", table.candidates(self._comparing.tokens))
        self._show_keys()

    def _show_texts(self, table: CompareTable) -> None:
        texts = [side.text for side in self._comparing.sides]
        apart = self.get_component_rich_style("compare--apart", partial=True)
        self._update("#compared-heading", [table.line("goes on", progress(texts), "dim")])
        self._update("#compared-texts", self._texts.lines(texts, table.first, table.each, apart))
        self._update("#compared-measures", [table.line(*line) for line in measures(texts)])
        self._follow(texts)

    def _follow(self, texts: Texts) -> None:
        """Keep the end of the text that grows in sight; once none does, go back to where all of them begin."""
        pane, growing = self.query_one(VerticalScroll), self._comparing.continuing
        if growing:
            pane.scroll_to(y=max(0, self._texts.height(texts) - pane.size.height), animate=False)
        elif self._growing:
            pane.scroll_home(animate=False)
        self._growing = growing

    def _update(self, name: str, lines: Sequence[Text]) -> None:
        text = Text("\n").join(lines)
        if self._shown.get(name) != text:
            self._shown[name] = text
            self.query_one(name, Static).update(text)

    def _say(self, message: str) -> None:
        """Show a message in the border until the next key."""
        self._message = message
        self._show_keys()

    def _show_keys(self) -> None:
        """Show the keys in the border, or the message that stands in their place."""
        room = self.app.size.width - _FRAME - 1
        words = self._message or hint(self._comparing, self._chosen, reading=self._reading, room=room)
        if words != self._hint:
            self._hint = words
            self.query_one("#compared").border_subtitle = Text(words)

    # -- keys ----------------------------------------------------------------------------------------------------

    def action_choose(self, by: int) -> None:
        """Highlight the column `by` places to the right, if there is one."""
        self._chosen = max(0, min(self._chosen + by, len(self._comparing.sides) - 1))
        self._say("")
        self.show()

    def action_scroll(self, by: int) -> None:
        """Scroll the candidates or texts by a line."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def action_leave(self) -> None:
        """Stop the texts if they grow, else close."""
        if self._comparing.stop():
            self.show()
            self._say(_STOPPED)
        else:
            self.dismiss(None)

    def action_close(self) -> None:
        """Close, whatever goes on."""
        self.dismiss(None)

    def action_use(self) -> None:
        """Use the highlighted settings."""
        self._choose_to(draw=False)

    def action_draw(self) -> None:
        """Use the highlighted settings, and draw their text into the story."""
        text = self._comparing.sides[self._chosen].text
        if text is not None and text.nodes:
            self._choose_to(draw=True)
        else:
            self._say(_NO_TEXT)

    def _choose_to(self, *, draw: bool) -> None:
        self._comparing.stop()  # now: the engine would take a later stop for one of what is drawn next
        self.dismiss(Chosen(self._chosen, draw))

    def action_continue(self) -> None:
        """Ask how far, and let each of the settings continue the text."""
        self.app.push_screen(LengthScreen(self._comparing.length, self._continue))

    def _continue(self, length: int) -> None:
        self._comparing.continue_each(length)
        self._read(reading=True)

    def action_switch(self) -> None:
        """Show the texts, or the candidates again."""
        if any(side.text is not None for side in self._comparing.sides):
            self._read(reading=not self._reading)
        else:
            self._say(_NO_TEXT)

    def _read(self, *, reading: bool) -> None:
        self._reading = reading
        self.query_one(VerticalScroll).scroll_home(animate=False)
        self._say("")
        self.show()

    def action_posts_four(self) -> None:
        """Compare the post's four settings."""
        self._comparing.compare_the_posts_four()
        self.action_choose(0)

    def action_switch_unasked(self) -> None:
        """Turn transformers' own top-k off under the highlighted settings, or put it back."""
        if self._comparing.switch_unasked(self._chosen):
            self.action_choose(0)
        else:
            self._say(_NOTHING_UNASKED)

    def action_remove(self) -> None:
        """Compare the highlighted settings no longer."""
        if self._comparing.remove(self._chosen):
            self.action_choose(0)
        else:
            self._say(_FIRST)

    def action_add(self) -> None:
        """Choose other settings to compare too."""
        offers = self._comparing.offers()
        if self._comparing.full or not offers:
            self._say(_FULL if self._comparing.full else self._no_offer)
        else:
            self.app.push_screen(OffersScreen(offers), self._add)

    def _add(self, offer: Offer | None) -> None:
        if offer is not None:
            self._comparing.add(offer)
            self.action_choose(len(self._comparing.sides))


def _column(side: Side) -> CompareColumn:
    name = printable(side.offer.name, space=" ")
    return CompareColumn(name, side.offer.state.settings(), side.viewed, side.listed, side.problem)
