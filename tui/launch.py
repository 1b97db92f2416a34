"""How samplescope is started: what the command line says, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tui.core.presets import UNICORNS
from tui.core.settings import DEFAULT_SEED, Given, Value


@dataclass(frozen=True, slots=True)
class LaunchOptions:
    """What a person asked for on the command line. None: the program decides."""

    model: str | None = None
    """A folder or a Hugging Face id; None is the demo model."""
    device: str | None = None
    dtype: str | None = None
    prompt: str = UNICORNS
    given: Given = field(default_factory=dict)
    """Sampling parameters set on the command line."""
    seed: int = DEFAULT_SEED
    engine: Sequence[str] | None = None
    """Command that starts an engine, such as `ssh HOST samplescope engine`; None is a child process here."""

    def engine_options(self) -> dict[str, Value | str]:
        """What `Open` passes on to the engine."""
        asked = {"device": self.device, "dtype": self.dtype}
        return {name: value for name, value in asked.items() if value is not None}
