"""The experiments that a UI can ask an engine for, by name."""

from __future__ import annotations

from collections.abc import Mapping

from tui.engine.engine import Engine, JobRunner
from tui.experiments.verify import verify_job

JOBS: Mapping[str, JobRunner] = {"verify": verify_job}


def make_engine() -> Engine:
    """The engine with every experiment, as a process serves it."""
    return Engine(jobs=JOBS)
