"""Runs a program on a pseudo-terminal, reads its screen and types: for the pty tests.

    with Terminal(["samplescope"]) as terminal:
        terminal.until("unicorns")
        terminal.send("n")
        assert terminal.wait() == 0

A thread reads whatever the program writes, as a terminal does, and feeds it to a terminal model (pyte); `until` waits
for a text on its screen. `stall` stops reading, `hang_up` takes the terminal away.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import pyte

from tests.patience import PATIENCE

T = TypeVar("T")

_UNSET = ("NO_COLOR", "TMUX", "COLUMNS", "LINES", "SSH_CONNECTION", "PYTHONBREAKPOINT")
_ENVIRONMENT = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
# Sequences that pyte 0.8 would show as text: keyboard protocol, mode queries.
_UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[(?:[<=>][\d;]*[a-z]|\?\d+\$p)")
_UNFINISHED = re.compile(rb"\x1b(?:\[[<=>?]?[\d;]*\$?)?\Z")
_BEGINS, _ENDS = b"\x1b[?2026h", b"\x1b[?2026l"
"""Sequences around each frame, once the terminal has said that it supports synchronized output."""
_SYNC_QUERY, _SYNC_ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"


class Terminal:
    """A terminal of `size` (columns, lines) with `command` running in it, in a session of its own."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        size: tuple[int, int] = (120, 40),
        env: Mapping[str, str | None] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.raw = bytearray()
        """Everything written so far."""
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._pending = b""
        self._between_pictures = True
        self._looks_away = False
        self._changed = threading.Condition()
        self._ended = False
        self._stalled = False
        self._master, slave = pty.openpty()
        self._resize(size)
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=_environment(env or {}),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self._wake_read, self._wake_write = os.pipe()
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()
        os.close(self._wake_write)

    # What is on the screen

    def screen(self) -> str:
        """The screen's text, a line each, without blanks at the ends."""
        with self._changed:
            return "\n".join(line.rstrip() for line in self._screen.display)

    def line(self, number: int) -> str:
        """One line of the screen, from 0."""
        with self._changed:
            return str(self._screen.display[number]).rstrip()

    def cell(self, column: int, line: int) -> pyte.screens.Char:
        """One cell with its colours and attributes."""
        with self._changed:
            return self._screen.buffer[line][column]

    def mark(self) -> int:
        """The number of bytes written so far, for `bytes_since`."""
        with self._changed:
            return len(self.raw)

    def bytes_since(self, mark: int) -> bytes:
        """The bytes written since `mark`."""
        with self._changed:
            return bytes(self.raw[mark:])

    # Waiting

    def until(self, seen: str | Callable[[str], bool], timeout: float = PATIENCE) -> str:
        """Wait until a text is on the screen, or `seen(screen)` is true; the screen then, never a half-drawn one."""
        appears = seen if callable(seen) else lambda screen: seen in screen
        whole = self._wait_for(
            lambda: self.screen() if self._between_pictures else None,
            lambda screen: screen is not None and appears(screen),
            f"{seen!r} on the screen",
            timeout,
        )
        assert whole is not None
        return whole

    def until_written(self, data: bytes, since: int = 0, timeout: float = PATIENCE) -> bytes:
        """Wait until these bytes have been written after `since`; all bytes since then."""
        return self._wait_for(lambda: self.bytes_since(since), lambda written: data in written, repr(data), timeout)

    def until_quiet(self, seconds: float = 0.3, timeout: float = PATIENCE) -> None:
        """Wait until nothing has been written for `seconds`: for measuring bytes, not for the screen to be ready."""
        end = time.monotonic() + timeout
        with self._changed:
            while (length := len(self.raw)) >= 0 and time.monotonic() < end:
                self._changed.wait(seconds)
                if len(self.raw) == length:
                    return
        raise TimeoutError(f"still writing after {timeout} s")

    def wait(self, timeout: float = PATIENCE) -> int:
        """Wait for the program's end and its last output; its exit code, negative for a signal that killed it."""
        code = self.process.wait(timeout)
        if not self._stalled:
            self._wait_for(lambda: self._ended, bool, "the end of the output", timeout)
        return code

    # Acting

    def send(self, data: str | bytes) -> None:
        """Type, paste or report: these bytes arrive on the program's stdin."""
        view = memoryview(data.encode() if isinstance(data, str) else data)
        while view:
            _, writable, _ = select.select([], [self._master], [], PATIENCE)
            if not writable:
                raise TimeoutError("the program does not read its input")
            view = view[os.write(self._master, view[:1024]) :]

    def resize(self, columns: int, lines: int) -> None:
        """Make the terminal another size; the kernel tells the program."""
        with self._changed:
            self._screen.resize(lines, columns)
        self._resize((columns, lines))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""
        self.process.send_signal(number)

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the terminal's foreground processes, as its keys would."""
        os.killpg(os.tcgetpgrp(self._master), number)

    def look_away(self) -> None:
        """Count bytes only from now on: for measuring, as the terminal model costs more time than the program."""
        self._looks_away = True

    def stall(self) -> None:
        """Stop reading, as a suspended terminal or a lost connection does."""
        self._stalled = True
        os.write(self._wake_write, b"s")

    def resume(self) -> None:
        """Go on reading after `stall`."""
        self._stalled = False
        os.write(self._wake_write, b"r")

    def hang_up(self) -> None:
        """Take the terminal away: the program's session gets SIGHUP, reads end, writes fail."""
        with contextlib.suppress(OSError):
            os.write(self._wake_write, b"x")
        self._reader.join(PATIENCE)

    def attributes(self) -> list[object]:
        """The terminal's settings (termios): echo, line mode and so on."""
        return termios.tcgetattr(self._master)

    # Inside

    def _resize(self, size: tuple[int, int]) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def _wait_for(self, look: Callable[[], T], right: Callable[[T], bool], what: str, timeout: float) -> T:
        end = time.monotonic() + timeout
        with self._changed:
            while not right(seen := look()):
                left = end - time.monotonic()
                if left <= 0 or (self._ended and not right(seen := look())):
                    raise TimeoutError(f"no {what} within {timeout} s; {self._state()}")
                self._changed.wait(left)
            return seen

    def _state(self) -> str:
        code = self.process.poll()
        running = "the program runs" if code is None else f"the program ended with {code}"
        return f"{running}, the screen:\n{self.screen()}"

    def _read(self) -> None:
        """The reader thread: until the program's side is closed, or `hang_up`."""
        try:
            while self._next():
                pass
        finally:
            master, self._master = self._master, -1
            os.close(master)
            os.close(self._wake_read)
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _next(self) -> bool:
        listen = [self._wake_read] if self._stalled else [self._wake_read, self._master]
        ready, _, _ = select.select(listen, [], [])
        if self._wake_read in ready and os.read(self._wake_read, 1) == b"x":
            return False
        if self._master not in ready or self._stalled:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:  # EIO: no process has the terminal open any more
            return False
        if _SYNC_QUERY in data:
            os.write(self._master, _SYNC_ANSWER)
        self._draw(data)
        return bool(data)

    def _draw(self, data: bytes) -> None:
        with self._changed:
            self.raw += data
            if self._looks_away:
                self._changed.notify_all()
                return
            data = self._pending + data
            unfinished = _UNFINISHED.search(data)
            cut = unfinished.start() if unfinished else len(data)
            self._pending = data[cut:]
            self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", data[:cut]))
            self._between_pictures = self.raw.rfind(_BEGINS) <= self.raw.rfind(_ENDS)
            self._changed.notify_all()


def _environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in _UNSET} | _ENVIRONMENT
    environment |= {name: value for name, value in changes.items() if value is not None}
    return {name: value for name, value in environment.items() if changes.get(name, value) is not None}
