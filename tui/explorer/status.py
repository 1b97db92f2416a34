"""What the engine is doing for the explorer, and every sentence that is said while it does it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class EngineStatus(StrEnum):
    """What the engine is doing, or why it does nothing."""

    IDLE = ""
    STARTING = "starting"
    OPENING = "opening"
    PROMPT = "prompt"
    STEP = "step"
    RUN = "run"
    LOST = "lost"
    NO_MODEL = "no model"


WITHOUT_MODEL = (EngineStatus.STARTING, EngineStatus.OPENING, EngineStatus.LOST, EngineStatus.NO_MODEL)
"""While this is so nothing can be asked of a model."""


class Sentences(NamedTuple):
    """What is said of one status; `{id}` stands for the key of an action (`tui.keys.Keymap.phrase`)."""

    running: str = ""
    """In the status line, while it is so."""
    missing: str = ""
    """To somebody who asks for what needs a distribution."""
    placeholder: str = ""
    """In the list, where there is none yet."""


NO_PROMPT = "There is no prompt yet: {edit} edits it, {submit} submits it."

SENTENCES: Mapping[EngineStatus, Sentences] = {
    EngineStatus.IDLE: Sentences("", NO_PROMPT, "No candidates yet: {edit} edits the prompt, {submit} submits it."),
    EngineStatus.STARTING: Sentences("starting", "The engine is starting.", "The engine starts."),
    EngineStatus.OPENING: Sentences(
        "loading",
        "The model is still loading.",
        "The model loads. Its candidates for the prompt appear here by themselves.",
    ),
    EngineStatus.PROMPT: Sentences(
        "reading the prompt",
        "The prompt is still being read; {stop} gives it up.",
        "The model reads the prompt; {stop} gives it up.",
    ),
    EngineStatus.STEP: Sentences("stepping"),
    EngineStatus.RUN: Sentences("running"),
    EngineStatus.LOST: Sentences("engine lost", *["The engine is gone; {restart} starts it again."] * 2),
    EngineStatus.NO_MODEL: Sentences("no model", *["There is no model; {restart} tries again."] * 2),
}
"""By status: the one table."""

ENDED: Mapping[str, str] = {
    "eos": "The model ended the text; {step} steps past it.",
    "stop_string": "A stop string of the model came up.",
    "max_new_tokens": "max new tokens reached.",
    "context": "The model's context is full.",
    "stopped": "Paused.",
}
"""What is said when stepping has ended, by its reason; nothing for a step that is simply done."""
