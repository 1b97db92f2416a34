"""Typing a number in place: a digit opens the entry, enter takes the number, escape discards it."""

from __future__ import annotations

import math

from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.core.phrasing import in_explorer
from tui.errors import SamplescopeError

_ALLOWED = frozenset("0123456789.-+eE,_")
_LONGEST = 21
TYPING_HINT = "Typing: ⏎ uses it, esc discards it."
_LEAVING = ("tab", "shift+tab", "up", "down")


def parse_number(text: str, *, integer: bool) -> int | float:
    """Parse `0.9`, `5e3` or `50,000`; ValueError if it is no number, or with `integer` no whole number."""
    bare = text.replace(",", "").replace("_", "").strip()
    if not integer:
        return float(bare)
    try:
        return int(bare)
    except ValueError:
        number = float(bare)
        if not math.isfinite(number) or number != int(number):
            raise ValueError(f"{text} is not a whole number") from None
        return int(number)


def _lonely_exponent(text: str, character: str | None) -> bool:
    """True for an exponent of nothing, as in `0e`: who types it wants to be somewhere else."""
    return character in ("e", "E") and not text.strip("+-0.,_")


class NumberEntry(Widget, can_focus=True):
    """A widget whose number can be replaced by typing.

    The subclass draws `entry` (None: the entry is closed) and `wrong`, and gets the number through `typed`.
    """

    STARTERS = "0123456789."
    """Keys that open the entry."""

    entry: reactive[str | None] = reactive[str | None](None)
    wrong: reactive[bool] = reactive(False)
    integer = False
    _reason = ""
    """Why the text was rejected last."""

    class Rejected(Message):
        """The typed text is no number or out of range; the entry stays open."""

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    class Typing(Message):
        """The entry has been opened, written in, or closed."""

    def watch_entry(self, old: str | None, new: str | None) -> None:
        """Tell that the keys go to the entry, or no longer."""
        if (old is None) is not (new is None):
            self.post_message(self.Typing())

    def typed(self, value: int | float) -> None:
        """Handle a typed number that passed `check`. Subclasses override this."""

    def check(self, value: int | float) -> None:
        """Raise SamplescopeError for a number that is out of range."""

    def open_entry(self, text: str = "") -> None:
        """Open the entry with `text` in it."""
        self.wrong = False
        self.entry = text
        self.post_message(self.Typing())  # at each key: what was said of the text before is no longer true

    def on_key(self, event: events.Key) -> None:
        """Open the entry at a digit; while it is open, every key edits or closes it."""
        if self.entry is None:
            if event.character is None or event.character not in self.STARTERS:
                return
            self.open_entry()
        elif event.key in _LEAVING:
            self.leave()
            return
        event.stop()
        event.prevent_default()
        self._press(event)

    def _press(self, event: events.Key) -> None:
        text = self.entry or ""
        if event.key == "enter":
            if self.submit_entry():
                self.entered()
        elif event.key == "escape":
            self.entry = None
        elif event.key in ("backspace", "ctrl+h"):
            self.open_entry(text[:-1])
        elif event.character in _ALLOWED and len(text) < _LONGEST and not _lonely_exponent(text, event.character):
            self.open_entry(text + str(event.character))
        else:
            self.post_message(self.Rejected(TYPING_HINT))

    def on_paste(self, event: events.Paste) -> None:
        """Take a pasted number as if it were typed; say that anything else is not taken."""
        event.stop()
        text = event.text.strip()
        try:
            parse_number(text, integer=self.integer)
        except (ValueError, OverflowError):
            self.post_message(self.Rejected("What was pasted is no number, and was not taken."))
        else:
            self.open_entry(text[:_LONGEST])

    def submit_entry(self) -> bool:
        """Close the entry and handle its number, if any; False, with `Rejected` posted, if the text is not valid."""
        text, self.wrong = self.entry, False
        try:
            value = parse_number(text, integer=self.integer) if text else None
            if value is not None:
                self.check(value)
        except SamplescopeError as error:
            return self._reject(in_explorer(error.message))
        except (ValueError, OverflowError):
            return self._reject(f"{text} is not a {'whole ' if self.integer else ''}number.")
        self.entry = None
        if value is not None:
            self.typed(value)
        return True

    def _reject(self, reason: str) -> bool:
        self.wrong, self._reason = True, reason
        self.post_message(self.Rejected(reason))
        return False

    def entered(self) -> None:
        """Called after enter has taken the entry. Subclasses may override this."""

    def leave(self) -> None:
        """Close the entry when the focus moves on; a valid number is taken."""
        if self.entry is not None and not self.submit_entry():
            self.entry = None
            self.post_message(self.Rejected(self._reason))  # once more: closing the entry has taken it back

    def on_blur(self) -> None:
        """Close the entry."""
        self.leave()
