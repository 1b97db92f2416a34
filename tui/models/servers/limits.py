"""How long a server is waited for, how often it is asked again, and how much it may answer."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tui.errors import InputError

VARIABLE = "SAMPLESCOPE_TIMEOUTS"


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, tries and bytes."""

    connect: float = 5.0
    """Until there is a connection, the name looked up."""
    first: float = 60.0
    """From there until the answer begins."""
    idle: float = 30.0
    """Between two pieces of the answer."""
    pauses: tuple[float, ...] = (1.0, 3.0)
    """Before each further try: one try more than there are pauses."""
    patience: float = 30.0
    """The longest pause that a server may ask for (Retry-After) and get."""
    body: int = 64 << 20
    """Bytes an answer may have, whatever it holds."""
    entry: int = 200
    """Bytes more for each entry of the vocabulary it holds."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Limits:
        """The defaults, with SAMPLESCOPE_TIMEOUTS="connect,first,idle" in seconds; InputError for anything else."""
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
        """Bytes an answer about `vocabulary` tokens may have."""
        return self.body + self.entry * vocabulary
