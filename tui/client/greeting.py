"""Finds an engine's greeting behind whatever a login shell prints first, and reads frames."""

from __future__ import annotations

import logging
import re

import msgspec

from tui import __version__
from tui.client.child import LAST_LINE
from tui.client.failures import EngineFailed, PipeError
from tui.core.printable import printable
from tui.protocol import GREETING, MAX_FRAME, VERSION, Answer, Ready, decode_answer

LOG = logging.getLogger("samplescope")
MAX_NOISE = 64 * 1024
"""Bytes a login shell may print before the engine's greeting."""
GREETING_SECONDS = 60.0
# Frames are short enough that their first byte is always 0, which no text contains: so a printed line that only
# looks like the greeting is not taken for it.
_GREETED = GREETING + b"\0"
# The greeting of another protocol version, also behind a shell prompt without a line end.
_OTHER = re.compile(rb"(?:(?:^|[\r\n])samplescope (\d{1,9})\n|samplescope (\d{1,9})\n\0)")
_LINE = 300


class Greeting:
    """Takes an engine's first output, in pieces of any size, until the greeting and `Ready` are complete."""

    def __init__(self) -> None:
        self.rest = bytearray()
        """Bytes not parsed yet; once the greeting is complete, the bytes after it."""
        self._found = False

    def take(self, data: bytes) -> Ready | None:
        """Add data; `Ready` once it is complete. EngineFailed for another version, or a program that is no engine."""
        self.rest += data
        if not self._found and not self._find():
            return None
        ready = cut_frame(self.rest)
        if ready is not None and (not isinstance(ready, Ready) or ready.protocol != VERSION):
            raise _mismatch(ready.protocol, ready.version) if isinstance(ready, Ready) else _mismatch("?")
        return ready

    @property
    def last_line(self) -> str:
        """The last non-empty line of the unparsed bytes, made printable; '' if there is none."""
        lines = [line for line in re.split(rb"[\r\n]+", bytes(self.rest[-4096:])) if line.strip()]
        return printable(lines[-1].decode("utf-8", "replace").strip()[:_LINE], space=" ") if lines else ""

    def _find(self) -> bool:
        if (at := self.rest.find(_GREETED)) >= 0:
            del self.rest[: at + len(GREETING)]
            self._found = True
        elif other := next((found for found in map(_version, _OTHER.finditer(self.rest)) if found != VERSION), None):
            raise _mismatch(other)
        elif len(self.rest) > MAX_NOISE + len(GREETING):
            raise EngineFailed(
                "protocol", f"What was started is no engine: it printed {MAX_NOISE // 1024} kB of something else.",
                "Is the command the one that runs `samplescope engine`?",
            )  # fmt: skip
        return self._found


def cut_frame(buffer: bytearray) -> Answer | None:
    """Cut the first frame off `buffer` and decode it; None while it is incomplete. PipeError for anything else."""
    if len(buffer) < 4:
        return None
    length = int.from_bytes(buffer[:4], "big")
    if length > MAX_FRAME:
        raise PipeError(f"The engine sent a frame of {length} bytes: something else writes to its pipe.")
    if len(buffer) < 4 + length:
        return None
    body = bytes(buffer[4 : 4 + length])
    del buffer[: 4 + length]
    try:
        answer = decode_answer(body)
    except msgspec.MsgspecError as error:
        raise PipeError(f"The engine sent what is no answer: {error}.") from error
    LOG.debug("← %s %d, %d bytes", type(answer).__name__, getattr(answer, "id", 0), 4 + length)
    return answer


def with_last_output(why: str, greeting: Greeting) -> str:
    """Why an engine ended before its greeting, with its last stdout line if `why` has no line from stderr."""
    printed = greeting.last_line
    return f"{why} It printed: {printed}" if printed and LAST_LINE not in why else why


def _version(found: re.Match[bytes]) -> int:
    return int(found[1] or found[2])


def _mismatch(theirs: object, version: str = "") -> EngineFailed:
    named = f" (samplescope {printable(version, space=' ')}, here {__version__})" if version else ""
    return EngineFailed(
        "protocol", f"The engine speaks version {theirs} of the protocol, this program version {VERSION}{named}.",
        "Install the same samplescope on both sides.",
    )  # fmt: skip
