"""Why stepping ends: what was asked for is done, the text ends, or there is no room for more."""

from __future__ import annotations

from collections.abc import Sequence

from tui.core.settings import Settings
from tui.engine.places import Path
from tui.models.base import Model
from tui.protocol import Step


def stop_reason(model: Model, path: Path, settings: Settings, request: Step, done: int) -> str:
    """The reason to end after `done` steps, or ''. A single step (count 1) goes past an EOS; a run ends there."""
    if done and request.token is not None:
        return "taken"
    if done and request.count != 1 and (ended := end_reason(model, path.ids)):
        return ended
    if request.count is not None and done >= request.count:
        return "count"
    limit = int(settings["max_new_tokens"].value or 0)
    if request.count is None and path.drawn >= limit:
        return "max_new_tokens"
    context = model.info.context
    return "context" if context is not None and len(path.ids) >= context else ""


def end_reason(model: Model, ids: Sequence[int]) -> str:
    """The reason why a text ends with its last token, or ''."""
    if ids[-1] in model.info.eos:
        return "eos"
    return "stop_string" if model.reference is not None and model.reference.stops(ids) else ""
