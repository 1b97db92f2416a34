"""What the engine is doing for the explorer, and the sentences shown meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class EngineStatus(StrEnum):
    """What the engine is doing, or why it cannot do anything."""

    IDLE = ""
    STARTING = "starting"
    OPENING = "opening"
    PROMPT = "prompt"
    STEP = "step"
    RUN = "run"
    LOST = "lost"
    NO_MODEL = "no model"


WITHOUT_MODEL = (EngineStatus.STARTING, EngineStatus.OPENING, EngineStatus.LOST, EngineStatus.NO_MODEL)
"""The statuses in which no model can be asked."""


class Sentences(NamedTuple):
    """The sentences for one status; `{id}` stands for the key of an action (`tui.keys.Keymap.phrase`)."""

    running: str = ""
    """In the status line, while the engine has this status."""
    missing: str = ""
    """The message after an action that needs a distribution."""
    placeholder: str = ""
    """In the candidate list while it has no candidates."""


DRAWING = "Something is being drawn; {run} pauses it."
"""Why a change of branch has to wait."""
BRANCH_ENDS = "The branch ends here; {step} draws its next token."
ASK_AGAIN = "{step} asks again, and draws the next token."
"""What to do where a server did not give the distribution, or a person did not wait for it."""
PASSING = ("server", "stopped")
"""Kinds of errors (`SamplescopeError.kind`) after which another try may succeed."""
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
"""The sentences for each status."""

ENDED: Mapping[str, str] = {
    "eos": "The model ended the text; {step} steps past it.",
    "stop_string": "A stop string of the model came up.",
    "max_new_tokens": "max new tokens reached.",
    "context": "The model's context is full.",
    "stopped": "Paused.",
}
"""The message when a step or run has ended, by `Stepped.reason`; none for a step that simply drew its token."""
