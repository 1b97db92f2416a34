"""The experiments that a UI can request with `Job`, by name."""

from __future__ import annotations

from collections.abc import Mapping

from tui.core.continuing import CONTINUE
from tui.engine.engine import Engine, JobRunner
from tui.experiments.continuing import continue_job
from tui.experiments.sweep import sweep_job
from tui.experiments.verify import verify_job

JOBS: Mapping[str, JobRunner] = {CONTINUE: continue_job, "sweep": sweep_job, "verify": verify_job}


def make_engine() -> Engine:
    """An engine that knows every experiment: the one that the engine process serves."""
    return Engine(jobs=JOBS)
