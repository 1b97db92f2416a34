"""Runs many loads in one process of their own, and collects their outcomes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE

REPOSITORY = Path(__file__).resolve().parents[2]
NOBODY = b"yes\ny\n1\n" * 20
"""Stdin's content, which a prompt on stdin would read."""


def load_all(
    asked: Sequence[Mapping[str, Any]], **environment: str
) -> tuple[list[dict[str, Any]], str]:  # fmt: skip
    """The outcome of each load (see loader.py), and the text on stderr; asserts that nothing read stdin."""
    reader, writer = os.pipe()
    os.write(writer, NOBODY)
    os.close(writer)
    run = subprocess.run(
        [sys.executable, "-m", "tests.models.loader", json.dumps(list(asked))], cwd=REPOSITORY, stdin=reader,
        capture_output=True, timeout=PATIENCE, env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE", **environment},
    )  # fmt: skip
    with os.fdopen(reader, "rb") as left:
        assert left.read() == NOBODY, "a question on stdin"
    assert run.returncode == 0, run.stderr.decode()
    outcomes = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(outcomes) == len(asked)
    return outcomes, run.stderr.decode()
