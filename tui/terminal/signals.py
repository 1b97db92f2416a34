"""Ending well when the terminal or somebody else ends us: save, put the terminal back, go.

An event loop that waits for a stalled terminal never gets to run, and `app.exit()` then never returns; so nothing here
depends on it. The handlers are plain `signal.signal` ones and leave by `os._exit`.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

LastWords = Sequence[Callable[[], None]]
"""What must be done before the process ends: called in threads of their own, so safe to call twice."""

SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
PATIENCE = 1.0
"""Seconds all last words together may take."""

RESTORE = (
    b"\x1b[?2026l"  # end a synchronised frame
    b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"  # mouse
    b"\x1b[?2004l\x1b[?2048l\x1b[?7h"  # paste brackets, in-band size reports; wrap lines
    b"\x1b]22;default\x07"  # the pointer's shape
    b"\x1b[<u"  # the keyboard, before leaving the screen it belongs to
    b"\x1b[?1049l\x1b[?25h\x1b[?1004l"  # main screen, cursor, no focus reports
    b"\x1b[0m"
)
"""What undoes everything textual switches on, in the order terminals need."""


class TerminalState:
    """The terminal as it was before the program, and how to get back there without ever waiting."""

    def __init__(self, stdin: int = 0, stdout: int = 1) -> None:
        self._stdin, self._stdout = stdin, stdout
        self._attributes: list[Any] = termios.tcgetattr(stdin)
        self._path = os.ttyname(stdout)

    def restore(self, message: str = "") -> None:
        """Write `RESTORE` and a message, and set the attributes back, as far as the terminal takes them.

        Never waits, never raises. Nothing is drawn any more afterwards.
        """
        with contextlib.suppress(OSError, termios.error):
            if os.tcgetpgrp(self._stdin) != os.getpgrp():
                return  # in the background the terminal is the shell's, and touching it would stop us
            # A description of its own: O_NONBLOCK on the shared one would stay behind with the shell.
            terminal = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
            self._stop_drawing()
            _write(terminal, RESTORE + message.encode())
            termios.tcsetattr(self._stdin, termios.TCSANOW, self._attributes)

    def _stop_drawing(self) -> None:
        """Turn stdout into a hole, and get a thread that is stuck in writing a frame out of it.

        While it is stuck the kernel lets nobody else write; interrupted, it goes on into the hole.
        """
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stdout)
        for thread in sys._current_frames():
            if thread != threading.get_ident():
                signal.pthread_kill(thread, signal.SIGHUP)  # our handler runs once only


def _write(terminal: int, data: bytes) -> None:
    """Write what the terminal takes within a fifth of a second; frames that nobody has read make way."""
    until = time.monotonic() + 0.2
    while data and time.monotonic() < until:
        try:
            data = data[os.write(terminal, data) :]
        except BlockingIOError:
            termios.tcflush(terminal, termios.TCOFLUSH)
            time.sleep(0.002)


@contextlib.contextmanager
def ending_well(last_words: LastWords, patience: float = PATIENCE) -> Iterator[None]:
    """Within it SIGHUP, SIGTERM and SIGINT say the last words, restore the terminal and exit with 128 + the signal.

    A SIGHUP ignored by nohup is taken back: a full-screen program without a terminal has nothing to do.
    """
    state = TerminalState()
    leaving = threading.Event()

    def leave(number: int, frame: object) -> None:
        if not leaving.is_set():
            leaving.set()
            _leave(number, state, last_words, patience)

    before = {number: signal.signal(number, leave) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, state: TerminalState, last_words: LastWords, patience: float) -> NoReturn:
    try:
        problems = say(last_words, patience)
        state.restore("".join(f"samplescope: {problem}\n" for problem in problems))
    finally:
        os._exit(128 + number)


def say(last_words: LastWords, patience: float = PATIENCE) -> list[str]:
    """Call all of them at once and wait until they are done or `patience` is over; a line for each that failed.

    In threads, because a signal may have come while the main thread held a lock that one of them needs.
    """
    until = time.monotonic() + patience
    problems: list[str] = []
    spoken = [_say(word, problems) for word in list(last_words)]
    late = [done for done in spoken if not done.acquire(timeout=max(0.0, until - time.monotonic()))]
    return problems + [f"{len(late)} of {len(spoken)} last tasks took too long."] * bool(late)


def _say(word: Callable[[], None], problems: list[str]) -> _thread.LockType:
    done = _thread.allocate_lock()
    done.acquire()

    def speak() -> None:
        try:
            word()
        except Exception as error:
            problems.append(f"{type(error).__name__} while ending.")
        finally:
            done.release()

    # Not threading.Thread: its start takes locks that the interrupted main thread may be holding.
    _thread.start_new_thread(speak, ())
    return done
