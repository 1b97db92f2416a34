"""Ends the program cleanly at a signal: runs the exit tasks, restores the terminal, exits.

An event loop blocked on a stalled terminal never runs again, and `app.exit()` then never returns. So this module does
not depend on the loop: the handlers are set with `signal.signal` and end with `os._exit`.
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

ExitTasks = Sequence[Callable[[], str]]
"""Callbacks to call before the process ends, each in its own thread; each must be safe to call twice, and returns a
line for the person, or ''."""

SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
PATIENCE = 1.0
"""Seconds that all exit tasks together may take."""

RESTORE = (
    b"\x1b[?2026l"  # end a synchronised frame
    b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"  # mouse
    b"\x1b[?2004l\x1b[?2048l\x1b[?7h"  # paste brackets, in-band size reports; wrap lines
    b"\x1b]22;default\x07"  # the pointer's shape
    b"\x1b[<u"  # the keyboard, before leaving the screen it belongs to
    b"\x1b[?1049l\x1b[?25h\x1b[?1004l"  # main screen, cursor, no focus reports
    b"\x1b[0m"
)
"""Escape sequences that undo all modes textual sets, in the order that terminals need."""


class TerminalState:
    """The terminal's state before the program started; restores it without ever blocking."""

    def __init__(self, stdin: int = 0, stdout: int = 1) -> None:
        self._stdin, self._stdout = stdin, stdout
        self._attributes: list[Any] = termios.tcgetattr(stdin)
        self._path = os.ttyname(stdout)

    def restore(self, message: str = "") -> None:
        """Write `RESTORE` and a message, and restore the attributes, as far as the terminal accepts it.

        Never blocks, never raises. Afterwards nothing more is drawn.
        """
        with contextlib.suppress(OSError, termios.error):
            if os.tcgetpgrp(self._stdin) != os.getpgrp():
                return  # in the background the terminal is the shell's, and using it would stop this process
            # Open the terminal anew: O_NONBLOCK on the file description shared with the shell would stay set.
            terminal = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
            self._stop_drawing()
            _write(terminal, RESTORE + message.encode())
            termios.tcsetattr(self._stdin, termios.TCSANOW, self._attributes)

    def _stop_drawing(self) -> None:
        """Redirect stdout to /dev/null, and interrupt any thread that is blocked in writing a frame.

        While a thread is blocked the kernel lets no other write through; once interrupted it writes to /dev/null.
        """
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stdout)
        for thread in sys._current_frames():
            if thread != threading.get_ident():
                signal.pthread_kill(thread, signal.SIGHUP)  # the handler ignores a second signal


def _write(terminal: int, data: bytes) -> None:
    """Write as much as the terminal accepts within 0.2 seconds; frames still in its queue are discarded."""
    until = time.monotonic() + 0.2
    while data and time.monotonic() < until:
        try:
            data = data[os.write(terminal, data) :]
        except BlockingIOError:
            termios.tcflush(terminal, termios.TCOFLUSH)
            time.sleep(0.002)


@contextlib.contextmanager
def ending_cleanly(exit_tasks: ExitTasks, patience: float = PATIENCE) -> Iterator[None]:
    """Within the context SIGHUP, SIGTERM and SIGINT run the exit tasks, restore the terminal and exit 128 + signal.

    SIGHUP is handled even under nohup: a full-screen program without a terminal has nothing to do.
    """
    state = TerminalState()
    leaving = threading.Event()

    def leave(number: int, frame: object) -> None:
        if not leaving.is_set():
            leaving.set()
            _leave(number, state, exit_tasks, patience)

    before = {number: signal.signal(number, leave) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, state: TerminalState, exit_tasks: ExitTasks, patience: float) -> NoReturn:
    try:
        lines = run_exit_tasks(exit_tasks, patience)
        state.restore("".join(f"{line}\n" for line in lines))
    finally:
        os._exit(128 + number)


def run_exit_tasks(exit_tasks: ExitTasks, patience: float = PATIENCE) -> list[str]:
    """Run all exit tasks at once and wait for them, at most `patience` seconds; their lines, and one per failure.

    They run in threads, because the signal may have interrupted the main thread while it held a lock they need.
    """
    until = time.monotonic() + patience
    lines: list[str] = []
    started = [_start_task(task, lines) for task in list(exit_tasks)]
    late = [done for done in started if not done.acquire(timeout=max(0.0, until - time.monotonic()))]
    too_late = [f"samplescope: {len(late)} of {len(started)} last tasks took too long."] if late else []
    return [*filter(None, lines), *too_late]


def _start_task(task: Callable[[], str], lines: list[str]) -> _thread.LockType:
    done = _thread.allocate_lock()
    done.acquire()

    def run() -> None:
        try:
            lines.append(task())
        except Exception as error:
            lines.append(f"samplescope: {type(error).__name__} while ending.")
        finally:
            done.release()

    # Not threading.Thread: its start takes locks that the interrupted main thread may hold.
    _thread.start_new_thread(run, ())
    return done
