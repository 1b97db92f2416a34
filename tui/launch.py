"""The command line's options as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tui.core.origin import Origin
from tui.core.presets import UNICORNS
from tui.core.settings import DEFAULT_SEED, Given
from tui.session import Session


@dataclass(frozen=True, slots=True)
class LaunchOptions:
    """What a person asked for on the command line. A None means: the program decides."""

    origin: Origin = field(default_factory=Origin)
    prompt: str = UNICORNS
    chat: bool = False
    """Put the prompt through the model's chat template."""
    system: str = ""
    """The system prompt for the chat template; '' is none."""
    add_special_tokens: bool = True
    """Without the chat template: let the tokenizer frame the prompt, with BOS for example."""
    given: Given = field(default_factory=dict)
    """Sampling parameters set on the command line."""
    seed: int = DEFAULT_SEED
    language: str = ""
    """The language of the lessons, such as `ko`; '' is the locale's."""
    engine: Sequence[str] | None = None
    """The command that starts the engine, such as `ssh HOST samplescope engine`; None is a child process on this
    machine."""
    session: Session | None = None
    """A session to go on with; what it says of the model, the prompt and the settings is in the other fields too."""
