"""Ctrl-C at any moment of a headless command: exit code 130, nothing on stderr, no line cut off."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.models import checkpoints
from tests.models.conftest import broken, checkpoint
from tests.patience import PATIENCE

__all__ = ["broken", "checkpoint"]

ENTERED = "import sys; import tui.__main__ as entry; print('entered', file=sys.stderr, flush=True); entry.main()"
"""The command, which says when it has begun: before that, Ctrl-C is the interpreter's."""
ROOT = Path(__file__).parents[1]


@pytest.fixture
def endless(broken: Path) -> Path:
    """A model whose context never ends a run."""
    checkpoints.edit_json(broken / "config.json", lambda config: config.update(max_position_embeddings=10**6))
    return broken


def interrupted(seconds: float, *argv: object) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of the command, interrupted so long after it has begun."""
    with subprocess.Popen(
        [sys.executable, "-c", ENTERED, *map(str, argv)], cwd=ROOT, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as command:  # fmt: skip
        assert command.stderr is not None and command.stderr.readline() == "entered\n"
        time.sleep(seconds)
        command.send_signal(signal.SIGINT)
        out, err = command.communicate(timeout=PATIENCE)
        return command.returncode, out, err


def check(seconds: float, *argv: object) -> None:
    status, out, err = interrupted(seconds, *argv)
    assert (status, [line for line in err.splitlines() if not line.startswith("note: ")]) == (130, [])
    assert out == "" or out.endswith("\n")
    if argv[0] == "sweep":
        assert out == ""
    if argv[0] == "run":
        assert [json.loads(line)["type"] for line in out.splitlines()][-1:] in ([], ["end"])


@pytest.mark.parametrize("name", ["run", "verify", "sweep"])
@pytest.mark.parametrize("seconds", [0.0, 0.4, 1.1, 2.3])
def test_at_a_few_moments(endless: Path, name: str, seconds: float) -> None:
    check(seconds, name, "-m", endless, "--max-new-tokens", 10**5)


@pytest.mark.long
@pytest.mark.parametrize("name", ["run", "verify", "sweep"])
def test_at_a_hundred_moments(endless: Path, name: str) -> None:
    chance = random.Random(1)
    for _ in range(50):
        check(chance.uniform(0, 6), name, "-m", endless, "--max-new-tokens", 10**5)
