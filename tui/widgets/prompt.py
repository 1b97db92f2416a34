"""The prompt editor: several lines, paste, undo. The prompt is submitted with a key, so typing never waits."""

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
HELP = """\
# Prompt

What the model reads. Typing changes nothing until it is submitted; then it is a new branch, and the old ones stay.
In the border: how many tokens it has, and of how many if that is too many.

- `⏎` a new line; `f7` selects all, `delete` clears what is selected; `ctrl+z` takes back, `ctrl+y` does again
- `esc` leaves it as it is written
"""
REPLACED = "\ufffd"


def visible(text: str) -> str:
    """`text` with each unprintable character replaced by one visible one, so that column numbers stay the same."""
    return "".join(char if char in " \t" or char.isprintable() else _visible(char) for char in text)


def _visible(char: str) -> str:
    shown = printable(char)
    return shown if len(shown) == 1 else char if unicodedata.category(char).startswith("M") else REPLACED


class PromptEditor(TextArea):
    """An editor whose border shows the number of tokens, and whether the text differs from the submitted one.

    The text is encoded as it is; only its drawing is made harmless to the terminal.
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
    HELP = HELP
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "submit", "submit", key_display="f2", id="submit", tooltip="Give the prompt to the model"),
        Binding("escape", "screen.do('stop')", "leave", key_display="esc", tooltip="Back to the candidates"),
    ]

    count: var[int | None] = var[int | None](None)
    """Number of tokens in the text; None while unknown."""
    context: var[int | None] = var[int | None](None)
    """The most tokens that the model takes; None while unknown."""
    submitted: var[str | None] = var[str | None](None)
    """The text given to the model and not refused; a different text is shown as edited."""
    chat: var[bool] = var(False)
    """True if the text goes through the model's chat template."""
    add_special_tokens: var[bool] = var(True)
    """Without the chat template: True if the tokenizer frames the text, with BOS for example."""
    submit_key: var[str] = var("F2")
    """The key that submits, as shown to the person."""

    class Submitted(Message):
        """The person submits this text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Edited(Message):
        """The text has changed; of several messages in the queue only the last is delivered."""

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
        self._visited = False
        self.border_title = "Prompt"
        self.set_reactive(PromptEditor.submitted, text)

    def on_mount(self) -> None:
        """Show the count in the border."""
        self._update_border()

    def on_resize(self) -> None:
        """Show the count again: a low terminal has no lower border, so the title shows it."""
        self._update_border()

    def on_focus(self) -> None:
        """The first time, put the caret behind the text: it is there that one goes on writing."""
        if not self._visited:
            self._visited = True
            self.move_cursor(self.document.end)

    def on_blur(self) -> None:
        """Show the beginning, as the pane folds."""
        self.scroll_to(y=0, animate=False)

    def load_text(self, text: str) -> None:
        """Replace the whole text, keeping every character."""
        super().load_text(text)
        self._keep_exactly(text)
        self.virtual_size = Size(0, self.wrapped_document.height)

    def rewrite(self, text: str) -> None:
        """Replace the whole text as a person would, so that one undo brings the old one back."""
        if text != self.text:
            self.replace(text, self.document.start, self.document.end, maintain_selection_offset=False)
        self.move_cursor(self.document.end)

    def _keep_exactly(self, text: str) -> None:
        self.document = ExactDocument(text)
        self.wrapped_document = WrappedDocument(self.document, self.wrap_width, self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)

    def get_line(self, line_index: int) -> Text:
        """A line as it is drawn, made harmless."""
        return Text(visible(self.document.get_line(line_index)), end="", no_wrap=True)

    def action_submit(self) -> None:
        """Post `Submitted` with the text."""
        self.submitted = self.text
        self.post_message(self.Submitted(self.text))

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self.count = None
        self._update_border()
        self.post_message(self.Edited(self.text))

    def watch_count(self) -> None:
        """Show the new count in the border."""
        self._update_border()

    def watch_context(self) -> None:
        """Show whether the text is too long."""
        self._update_border()

    def watch_chat(self) -> None:
        """Show in the border whether the chat template is used."""
        self._update_border()

    def watch_add_special_tokens(self) -> None:
        """Show in the border whether special tokens are left out."""
        self._update_border()

    def watch_submitted(self) -> None:
        """Show in the border whether the text is edited."""
        self._update_border()

    def _length(self) -> str:
        """The number of tokens, and of how many if that is too many."""
        if self.count is None:
            return "… tokens"
        if self.context is not None and self.count > self.context:
            return f"{self.count:,} of {self.context:,} tokens"
        return f"{self.count:,} token{'s' * (self.count != 1)}"

    def _update_border(self) -> None:
        tokens = self._length()
        edited = self.text != self.submitted
        self.set_class(edited, "-edited")
        how = "chat · " if self.chat else "" if self.add_special_tokens else "no special tokens · "
        tokens = how + tokens
        summary = f"edited · {self.submit_key} submits · {tokens}" if edited else tokens if self.text else ""
        below = bool(self.styles.border_bottom[0])
        titles = ("Prompt" if below or not summary else f"Prompt · {summary}", summary if below else "")
        if titles != (self.border_title, self.border_subtitle):
            self.border_title, self.border_subtitle = titles
