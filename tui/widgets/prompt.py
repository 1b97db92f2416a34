"""Where the prompt is written: several lines, paste, undo; submitted with a key, so that typing never waits."""

from __future__ import annotations

import unicodedata
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.widgets import TextArea
from textual.widgets.text_area import DocumentNavigator, WrappedDocument

from tui.core.printable import printable
from tui.widgets.exact_document import ExactDocument

PLACEHOLDER = "Write a prompt here, on as many lines as you like, then submit it."
REPLACED = "\ufffd"


def visible(text: str) -> str:
    """A line with every character visible, one for one, so that cursor and selection keep their places."""
    return "".join(char if char in " \t" or char.isprintable() else _visible(char) for char in text)


def _visible(char: str) -> str:
    shown = printable(char)
    return shown if len(shown) == 1 else char if unicodedata.category(char).startswith("M") else REPLACED


class PromptEditor(TextArea):
    """An editor that says how many tokens it holds and whether they are what the model has read.

    The text is encoded as it is; only what is drawn of it is made harmless.
    """

    DEFAULT_CSS = """
    PromptEditor {
        height: 6; padding: 0 1; background: transparent; border: round $border-blurred;
        border-title-color: $quiet; border-subtitle-color: $quiet;
        & .text-area--placeholder { color: $quiet; }
        & .text-area--cursor-line { background: transparent; }
        &:focus { border: round $live; border-title-color: $live; }
        &.-edited { border-subtitle-color: $cut; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "submit", "submit", key_display="f2", id="submit", tooltip="Give the prompt to the model"),
        Binding("escape", "screen.do('stop')", "leave", key_display="esc", tooltip="Back to the candidates"),
    ]

    count: var[int | None] = var[int | None](None)
    """How many tokens the text has; None while that is not known."""
    submitted: var[str | None] = var[str | None](None)
    """The text last given to the model: what differs from it is shown as edited."""
    chat: var[bool] = var(False)
    """The text goes through the model's chat template."""
    submit_key: var[str] = var("F2")
    """The key that submits, as it is shown."""

    class Submitted(Message):
        """Give this text to the model."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Edited(Message):
        """The text is another one now; of several waiting only the last is delivered."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

        def can_replace(self, message: Message) -> bool:
            """True for an older edit."""
            return isinstance(message, PromptEditor.Edited)

    def __init__(self, text: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(text, id=id, classes=classes, placeholder=PLACEHOLDER, tab_behavior="focus")
        self._keep_exactly(text)
        self.highlight_cursor_line = False
        self.border_title = "Prompt"
        self.set_reactive(PromptEditor.submitted, text)

    def on_mount(self) -> None:
        """Say what is known."""
        self._tell()

    def on_resize(self) -> None:
        """In a low terminal there is no border below to say it in."""
        self._tell()

    def load_text(self, text: str) -> None:
        """Another text in place of all."""
        super().load_text(text)
        self._keep_exactly(text)
        self.virtual_size = Size(0, self.wrapped_document.height)

    def _keep_exactly(self, text: str) -> None:
        self.document = ExactDocument(text)
        self.wrapped_document = WrappedDocument(self.document, self.wrap_width, self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)

    def get_line(self, line_index: int) -> Text:
        """A line as it may be drawn."""
        return Text(visible(self.document.get_line(line_index)), end="", no_wrap=True)

    def action_submit(self) -> None:
        """Hand the text over; typing goes on."""
        self.submitted = self.text
        self.post_message(self.Submitted(self.text))

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self.count = None
        self._tell()
        self.post_message(self.Edited(self.text))

    def watch_count(self) -> None:
        """Show it."""
        self._tell()

    def watch_chat(self) -> None:
        """Say so."""
        self._tell()

    def watch_submitted(self) -> None:
        """The text is what the model has, or no longer."""
        self._tell()

    def _tell(self) -> None:
        tokens = "… tokens" if self.count is None else f"{self.count:,} token{'s' * (self.count != 1)}"
        edited = self.text != self.submitted
        self.set_class(edited, "-edited")
        tokens = f"chat · {tokens}" if self.chat else tokens
        told = f"edited · {self.submit_key} submits · {tokens}" if edited else tokens if self.text else ""
        below = bool(self.styles.border_bottom[0])
        titles = ("Prompt" if below or not told else f"Prompt · {told}", told if below else "")
        if titles != (self.border_title, self.border_subtitle):
            self.border_title, self.border_subtitle = titles
