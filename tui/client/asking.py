"""Starting an engine's command while the terminal is the person's: ssh asks there for a password, or about a host key.

Plain blocking code, because no picture may be drawn meanwhile: before the UI has the screen, or while it is suspended.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from tui.client.child import DRAIN_SECONDS, EXIT_SECONDS, Child
from tui.client.echo import Echo
from tui.client.failures import EngineFailed, PipeError
from tui.client.greeting import GREETING_SECONDS, Greeting, told
from tui.protocol import Ready


@dataclass(frozen=True, slots=True)
class Greeted:
    """An engine that has greeted, and what came behind the greeting."""

    child: Child
    ready: Ready
    rest: bytes


def start_asking(command: Sequence[str]) -> Greeted:
    """Start `command` on this terminal and wait, as long as a person needs for an answer, until an engine greets.

    EngineFailed if none does, KeyboardInterrupt at Ctrl+C; nothing is left running then, and the terminal is as it was.
    """
    with _giving_way(), _as_it_was():
        child = Child.start(command, terminal=True)
        try:
            return _Wait(child).greeted()
        except BaseException:
            child.end_now()
            raise


class _Wait:
    """Reads a child's stdout for the greeting, and shows what it says on stderr."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._greeting = Greeting()
        self._echo = Echo()
        self._until: float | None = None

    def greeted(self) -> Greeted:
        """Wait for the greeting."""
        with selectors.DefaultSelector() as self._pipes:
            for pipe in (self._child.output, self._child.errors):
                self._pipes.register(pipe, selectors.EVENT_READ)
            while (ready := self._more()) is None:
                pass
        self._child.greeted()
        return Greeted(self._child, ready, bytes(self._greeting.rest))

    def _more(self) -> Ready | None:
        """What one look at the pipes brings; raises EngineFailed at their end."""
        if self._until is not None and time.monotonic() > self._until:
            raise EngineFailed("start", f"The engine did not greet within {GREETING_SECONDS:.0f} s.")
        coming = [key.fileobj for key, _ in self._pipes.select(self._echo.patience or GREETING_SECONDS)]
        if not coming:
            self._echo.let_go()
        if self._child.errors in coming:
            self._listen()
        return self._read() if self._child.output in coming else None

    def _listen(self) -> bool:
        data = os.read(self._child.errors.fileno(), 65536)
        if data:
            self._child.told(data)
            self._echo.add(data)
        else:
            self._pipes.unregister(self._child.errors)
        return bool(data)

    def _read(self) -> Ready | None:
        data = os.read(self._child.output.fileno(), 65536)
        if not data:
            self._ended()
        # What a shell prints comes after all questions: from now on nobody is waiting for a person.
        self._until = self._until or time.monotonic() + GREETING_SECONDS
        try:
            return self._greeting.take(data)
        except PipeError as broken:
            raise EngineFailed("start", str(broken)) from None

    def _ended(self) -> NoReturn:
        """Hear its last words, and say why it ended."""
        self._pipes.unregister(self._child.output)
        until = time.monotonic() + DRAIN_SECONDS
        while self._pipes.get_map() and self._pipes.select(max(0.0, until - time.monotonic())):
            self._listen()
        raise EngineFailed("start", told(self._child.end_now(EXIT_SECONDS), self._greeting))


@contextlib.contextmanager
def _as_it_was() -> Iterator[None]:
    """Whatever is killed while it hides what is typed: the terminal shows it again."""
    stdin = sys.__stdin__
    before = termios.tcgetattr(stdin) if stdin is not None and stdin.isatty() else None
    try:
        yield
    finally:
        if before is not None and stdin is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(stdin, termios.TCSADRAIN, before)


class _Leave(BaseException):
    """A signal that ends the program has come."""

    def __init__(self, number: int) -> None:
        self.number = number


@contextlib.contextmanager
def _giving_way() -> Iterator[None]:
    """Ctrl+C is KeyboardInterrupt; what else ends the program ends what is started first."""

    def leave(number: int, frame: object) -> NoReturn:
        raise _Leave(number)

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else leave)
    try:
        yield
    except _Leave as left:
        signal.signal(left.number, before[signal.Signals(left.number)])
        signal.raise_signal(left.number)
        raise KeyboardInterrupt from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
