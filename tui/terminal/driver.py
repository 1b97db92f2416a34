"""Textual's driver for Linux and macOS, made to survive what terminals really send."""

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
"""Columns or lines beyond which a size report is taken for noise."""


class SafeDriver(LinuxDriver):
    """Draws on stdout in UTF-8; reads stdin so that no byte can end the program, and its end does end it.

    Textual's own driver dies of one byte that is not UTF-8 (textual #6456, #6668) or of a malformed key sequence,
    draws on stderr, and spins at full load when the terminal is gone.
    """

    def __init__(
        self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._file = _open_stdout()
        self._parser = XTermParser(self._debug)

    def run_input_thread(self) -> None:
        """Read bytes, decode them leniently, send on what they mean; runs in textual's input thread."""
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
        """Send one message to the app, unless it is a size no terminal has."""
        if isinstance(message, events.Resize) and not _plausible(message):
            return
        super().process_message(message)

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""  # EIO: hung up

    def _feed(self, text: str) -> Iterable[Message]:
        # To the parser an empty text is the end; the decoder gives one while a character is incomplete.
        return self._parser.feed(text) if text else ()

    def _send(self, parsed: Iterable[Message]) -> None:
        """Send what the parser gives; if a sequence makes it fail, drop that one and go on with a fresh parser."""
        messages: list[Message] = []
        try:
            messages.extend(parsed)
        except Exception:
            self._parser = _fresh(self._parser, self._debug)
        for message in messages:
            self.process_message(message)


def _open_stdout() -> TextIOWrapper:
    """Stdout itself and no copy of it, so that `signals` can close the way to the terminal by its number."""
    assert sys.__stdout__ is not None  # checked by check_terminal
    return os.fdopen(sys.__stdout__.fileno(), "w", encoding="utf-8", errors="backslashreplace", closefd=False)


def _fresh(parser: XTermParser, debug: bool) -> XTermParser:
    """A parser in its first state that still knows how mouse positions are reported."""
    fresh = XTermParser(debug)
    if parser.terminal_size and parser.terminal_pixel_size:
        fresh.mouse_pixels = parser.mouse_pixels
        fresh.terminal_size, fresh.terminal_pixel_size = parser.terminal_size, parser.terminal_pixel_size
    return fresh


def _plausible(resize: events.Resize) -> bool:
    return resize.size.width <= _LARGEST and resize.size.height <= _LARGEST


def _terminal_is_gone() -> None:
    """Do what a hang-up does; the kernel's own SIGHUP reaches only the session's leader and the foreground group."""
    os.kill(os.getpid(), signal.SIGHUP)
