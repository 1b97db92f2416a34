"""Starts an engine's command on the plain terminal, so that ssh can ask for a password or about a host key.

Plain blocking code: it runs before the UI takes the screen, or while the UI is suspended.
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
from tui.client.greeting import GREETING_SECONDS, Greeting, with_last_output
from tui.protocol import Ready


@dataclass(frozen=True, slots=True)
class GreetedEngine:
    """An engine process that has sent its greeting, and the bytes read after the greeting."""

    child: Child
    ready: Ready
    rest: bytes


def start_asking(command: Sequence[str]) -> GreetedEngine:
    """Start `command` on this terminal and wait for the engine's greeting, as long as a person needs to answer.

    EngineFailed if no engine greets, KeyboardInterrupt at Ctrl+C; the process is ended then and the terminal restored.
    """
    with _ended_by_signals(), _terminal_restored():
        child = Child.start(command, terminal=True)
        try:
            return _Wait(child).greeted()
        except BaseException:
            child.end_now()
            raise


class _Wait:
    """Reads a child's stdout until the greeting is complete, and shows its stderr to the person meanwhile."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._greeting = Greeting()
        self._echo = Echo()
        self._until: float | None = None

    def greeted(self) -> GreetedEngine:
        """Wait for the greeting. EngineFailed if the child ends first, or greets too late."""
        with selectors.DefaultSelector() as self._pipes:
            for pipe in (self._child.output, self._child.errors):
                self._pipes.register(pipe, selectors.EVENT_READ)
            while (ready := self._poll()) is None:
                pass
        self._child.greeted()
        return GreetedEngine(self._child, ready, bytes(self._greeting.rest))

    def _poll(self) -> Ready | None:
        """Wait once for data on the pipes; the greeting's `Ready` if complete. EngineFailed at the end of stdout."""
        if self._until is not None and time.monotonic() > self._until:
            raise EngineFailed("start", f"The engine did not greet within {GREETING_SECONDS:.0f} s.")
        readable = [key.fileobj for key, _ in self._pipes.select(self._echo.patience or GREETING_SECONDS)]
        if not readable:
            self._echo.flush()
        if self._child.errors in readable:
            self._read_stderr()
        return self._read_stdout() if self._child.output in readable else None

    def _read_stderr(self) -> bool:
        data = os.read(self._child.errors.fileno(), 65536)
        if data:
            self._child.note_stderr(data)
            self._echo.add(data)
        else:
            self._pipes.unregister(self._child.errors)
        return bool(data)

    def _read_stdout(self) -> Ready | None:
        data = os.read(self._child.output.fileno(), 65536)
        if not data:
            self._fail()
        # A shell prints to stdout only after all questions are answered: from now on the time is limited.
        self._until = self._until or time.monotonic() + GREETING_SECONDS
        try:
            return self._greeting.take(data)
        except PipeError as broken:
            raise EngineFailed("start", str(broken)) from None

    def _fail(self) -> NoReturn:
        """Read the rest of stderr, and raise EngineFailed with the reason why the child ended."""
        self._pipes.unregister(self._child.output)
        until = time.monotonic() + DRAIN_SECONDS
        while self._pipes.get_map() and self._pipes.select(max(0.0, until - time.monotonic())):
            self._read_stderr()
        raise EngineFailed("start", with_last_output(self._child.end_now(EXIT_SECONDS), self._greeting))


@contextlib.contextmanager
def _terminal_restored() -> Iterator[None]:
    """Restore the terminal's attributes afterwards: a child killed while it asks for a password leaves echo off."""
    stdin = sys.__stdin__
    before = termios.tcgetattr(stdin) if stdin is not None and stdin.isatty() else None
    try:
        yield
    finally:
        if before is not None and stdin is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(stdin, termios.TCSADRAIN, before)


class _EndingSignal(BaseException):
    """Raised by the signal handler for a signal that ends the program."""

    def __init__(self, number: int) -> None:
        self.number = number


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Ctrl+C raises KeyboardInterrupt; SIGTERM and SIGHUP end the started child first, then the program."""

    def leave(number: int, frame: object) -> NoReturn:
        raise _EndingSignal(number)

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else leave)
    try:
        yield
    except _EndingSignal as left:
        signal.signal(left.number, before[signal.Signals(left.number)])
        signal.raise_signal(left.number)
        raise KeyboardInterrupt from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
