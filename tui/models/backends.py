"""The table of backends, and the function that opens the model an origin names."""

from __future__ import annotations

from tui.core.origin import Origin
from tui.core.progress import Report
from tui.errors import ModelError, RunError, StoppedError
from tui.models.base import Model
from tui.models.probe import Backend, Probe
from tui.models.servers.limits import Limits
from tui.models.servers.llama import LLAMA
from tui.models.servers.openai import OPENAI
from tui.models.servers.vllm import VLLM
from tui.models.transformers import TRANSFORMERS

BACKENDS: tuple[Backend, ...] = (TRANSFORMERS, LLAMA, VLLM, OPENAI)
"""The first backend that recognises an origin opens it."""


def open_model(origin: Origin, report: Report, limits: Limits | None = None) -> Model:
    """Open the model that `origin` names. ModelError says in one line what is wrong with it, and what to do.

    `limits`: how long to wait for a server; None takes them from the environment.
    """
    try:
        return _open(Probe(origin, report, limits))
    except StoppedError:
        raise
    except RunError as error:
        failed = ModelError(error.message, error.remedy)
    raise failed


def _open(probe: Probe) -> Model:
    for backend in BACKENDS:
        if backend.recognises(probe):
            return backend.open(probe)
    *first, last = [backend.name for backend in BACKENDS if backend is not TRANSFORMERS]
    raise ModelError(
        f"{probe.client.host} has no /v1/models: it is no server that samplescope knows.",
        f"It knows {', '.join(first)} and {last} servers.",
    )
