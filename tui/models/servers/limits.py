"""Limits of a request to a server: timeouts, retries, and the response's size."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tui.errors import InputError

VARIABLE = "SAMPLESCOPE_TIMEOUTS"


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits in seconds, tries and bytes."""

    connect: float = 5.0
    """Seconds until there is a connection, name resolution included."""
    first: float = 60.0
    """Seconds from the connection until the response begins."""
    idle: float = 30.0
    """Seconds between two pieces of the response."""
    pauses: tuple[float, ...] = (1.0, 3.0)
    """Seconds to wait before each further try; there is one try more than pauses."""
    patience: float = 30.0
    """The longest pause in seconds that is granted to a server that asks for one (Retry-After)."""
    body: int = 64 << 20
    """Bytes that any response may have."""
    entry: int = 200
    """Additional bytes for each token that a response may list."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Limits:
        """The defaults, but the times of SAMPLESCOPE_TIMEOUTS="connect,first,idle" if set; InputError if malformed."""
        text = environment.get(VARIABLE, "")
        if not text.strip():
            return cls()
        try:
            connect, first, idle = (float(part) for part in text.split(","))
        except ValueError:
            connect = first = idle = 0.0
        if not all(0 < seconds < math.inf for seconds in (connect, first, idle)):
            raise InputError(f'{VARIABLE} must be three numbers of seconds, such as "5,60,30", not {text!r}.')
        return replace(cls(), connect=connect, first=first, idle=idle)

    def max_bytes(self, vocabulary: int) -> int:
        """How many bytes a response that lists `vocabulary` tokens may have."""
        return self.body + self.entry * vocabulary
