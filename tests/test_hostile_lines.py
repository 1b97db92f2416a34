"""No command line ends in a traceback: an exit code of the contract, and for bad input one line and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import Command
from tests.hostile_lines import lines, worst
from tests.models.conftest import broken, checkpoint

__all__ = ["broken", "checkpoint"]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("SAMPLESCOPE_TIMEOUTS", "0.2,0.2,0.2")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return Command(monkeypatch, capsys)


def check(command: Command, checkpoint: Path, words: list[str]) -> None:
    model = [] if {"-m", "--model", "--server"} & set(words) else ["-m", checkpoint]
    short = [] if "--max-new-tokens" in words else ["--max-new-tokens", 2]
    status, out, err = command(*words[:1], *model, *short, *words[1:])
    assert status in (0, 2, 3), words
    assert "Traceback" not in err and "crashed" not in err, words
    assert not {"\x1b", "\x9b", "\u202e"} & set(err), words
    if status == 2:
        assert (out, err.count("\n")) == ("", 1) and err.startswith("samplescope: "), words
    if status == 3:
        assert err.count("\n") == 1, words
        assert words[0] == "verify" or json.loads(out.splitlines()[-1])["type"] == "error", words


def test_the_worst_values_of_every_option(command: Command, checkpoint: Path) -> None:
    for words in worst():
        check(command, checkpoint, words)


def test_fifty_hostile_lines(command: Command, checkpoint: Path) -> None:
    for words in lines(50):
        check(command, checkpoint, words)


@pytest.mark.long
def test_five_hundred_hostile_lines(command: Command, checkpoint: Path) -> None:
    for words in lines(500, seed=2):
        check(command, checkpoint, words)
