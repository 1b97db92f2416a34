"""Textual's driver for Linux and macOS, made robust against any input from the terminal."""

from __future__ import annotations

import os
import re
import selectors
import signal
import sys
from codecs import getincrementaldecoder
from collections.abc import Iterable
from io import TextIOWrapper
from typing import TYPE_CHECKING

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App

_AT_ESCAPES = re.compile("(?=\x1b)")
_LARGEST = 2000
"""Columns or lines beyond which a size report is ignored; one of 0 is too."""


class SafeDriver(LinuxDriver):
    """Draws on stdout in UTF-8. No byte on stdin can crash the program, and the end of stdin ends it.

    Textual's own driver crashes at a byte that is not UTF-8 (textual #6456, #6668) or a malformed key sequence,
    draws on stderr, and spins at full load when the terminal is gone.
    """

    def __init__(
        self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._file = _open_stdout()
        self._parser = XTermParser(self._debug)

    def run_input_thread(self) -> None:
        """Read bytes, decode them leniently, and send the parsed events; runs in textual's input thread."""
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(0.1):
                    data = self._read()
                    if not data:
                        return _terminal_is_gone()
                    for piece in _AT_ESCAPES.split(decode(data)):
                        self._send(self._feed(piece))
                self._send(self._parser.tick())

    def process_message(self, message: Message) -> None:
        """Send one message to the app: no impossible size, and a paste with line feeds as its line breaks."""
        if isinstance(message, events.Resize) and not _plausible(message):
            return
        super().process_message(_with_line_feeds(message) if isinstance(message, events.Paste) else message)

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""  # EIO: the terminal has hung up

    def _feed(self, text: str) -> Iterable[Message]:
        # The parser takes an empty text for the end of input; the decoder returns one for an incomplete character.
        return self._parser.feed(text) if text else ()

    def _send(self, parsed: Iterable[Message]) -> None:
        """Send the parser's messages; if a sequence makes it fail, drop the sequence and use a fresh parser."""
        messages: list[Message] = []
        try:
            messages.extend(parsed)
        except Exception:
            self._parser = _fresh(self._parser, self._debug)
        for message in messages:
            self.process_message(message)


def _open_stdout() -> TextIOWrapper:
    """Open stdout's own descriptor, not a copy, so that `signals` can redirect it by its number."""
    assert sys.__stdout__ is not None  # checked by check_terminal
    return os.fdopen(sys.__stdout__.fileno(), "w", encoding="utf-8", errors="backslashreplace", closefd=False)


def _fresh(parser: XTermParser, debug: bool) -> XTermParser:
    """A new parser in its initial state, with the old one's knowledge of how mouse positions are reported."""
    fresh = XTermParser(debug)
    if parser.terminal_size and parser.terminal_pixel_size:
        fresh.mouse_pixels = parser.mouse_pixels
        fresh.terminal_size, fresh.terminal_pixel_size = parser.terminal_size, parser.terminal_pixel_size
    return fresh


def _plausible(resize: events.Resize) -> bool:
    return all(0 < length <= _LARGEST for length in resize.size)


def _with_line_feeds(paste: events.Paste) -> events.Paste:
    """The paste as it was copied: terminals send a carriage return, some also CR LF, where a line breaks."""
    return events.Paste(paste.text.replace("\r\n", "\n").replace("\r", "\n"))


def _terminal_is_gone() -> None:
    """Send this process SIGHUP: the kernel sends it only to the session's leader and the foreground group."""
    os.kill(os.getpid(), signal.SIGHUP)
