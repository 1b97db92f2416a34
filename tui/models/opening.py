"""Opens whatever an origin names; what a backend needs is imported when it is the one asked for."""

from __future__ import annotations

from tui.core.origin import Origin
from tui.core.progress import Report
from tui.models.base import Model


def open_model(origin: Origin, report: Report) -> Model:
    """The model behind `origin`. ModelError says in one line what is wrong with it, and what to do."""
    if origin.server:
        from tui.models.servers.probe import open_server

        return open_server(origin, report)
    from tui.models.transformers import TransformersModel

    return TransformersModel.load(origin, report)
