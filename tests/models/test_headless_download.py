"""A headless command that downloads its model says so on stderr, if a person sees it; stdout has the results only."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.models.hub_server import Repository, serving
from tests.patience import PATIENCE
from tests.ptyrun import Terminal

ROOT = Path(__file__).parents[2]
RUN = "exec '{python}' -m tui run -m {model} -p the --max-new-tokens 2 > '{out}'"


@pytest.fixture
def surroundings(checkpoint: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a command whose hub has one slow model, and one whose weights never end."""
    repositories = {
        "org/slow": Repository({"main": checkpoint}, chunk_seconds=0.05),
        "org/held": Repository({"main": checkpoint}, hold=threading.Event()),
    }
    with serving(repositories) as hub:
        yield {
            "HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_TELEMETRY": "1",
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip


def run(model: str, out: Path, surroundings: dict[str, str]) -> Terminal:
    """`samplescope run` on a terminal, with stdout in a file."""
    line = RUN.format(python=sys.executable, model=model, out=out)
    return Terminal(["sh", "-c", line], env=surroundings, cwd=out.parent)


def test_bytes_files_and_speed_are_told_on_the_terminal_and_wiped_away(
    surroundings: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    with run("org/slow", out, surroundings) as terminal:
        terminal.until(
            lambda screen: bool(
                re.search(r"downloading, \d of \d files, [\d.]+ MB/s: [\d,]+ of [\d,]+ bytes$", screen, re.MULTILINE)
            )
        )
        assert terminal.wait() == 0
        assert terminal.screen().strip() == ""
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert [record["type"] for record in records] == ["run", "step", "step", "end"]
    again = subprocess.run(
        [sys.executable, "-m", "tui", "run", "-m", "org/slow", "-p", "the", "--max-new-tokens", "2"],
        cwd=tmp_path, env={**os.environ, **surroundings}, capture_output=True, text=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    assert again.stderr == ""


def test_ctrl_c_ends_the_download(surroundings: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with run("org/held", out, surroundings) as terminal:
        terminal.until("downloading, ")
        terminal.send("\x03")
        assert terminal.wait() == 130
        assert "Traceback" not in terminal.screen()
    assert out.read_text() == ""
