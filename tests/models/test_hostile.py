"""Whatever is in a model's folder, `run` ends with an exit code of its contract; what is wrong is one line, soon."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.commands import Command
from tests.models import hostile

SECONDS = 2.0
"""Of the processor, beyond the imports."""
CASES = hostile.cases()
FIRST = {name.split("=")[0]: name for name in reversed(CASES)}
"""Each file, and of each field the first value: what the ordinary suite tries."""


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


def _check(name: str, command: Command, checkpoint: Path, tmp_path: Path) -> None:
    folder = hostile.write(checkpoint, tmp_path / "hostile", CASES[name])
    started = time.process_time()
    status, out, err = command("run", "-m", folder, "-p", "The", "--max-new-tokens", 2, "--top", 0)
    seconds = time.process_time() - started
    records = [json.loads(line) for line in out.splitlines()]
    said = [line for line in err.splitlines() if not line.startswith("note: ")]
    print(f"{status} {seconds:.2f} s {err or records[-1]}")
    assert "Traceback" not in err
    assert seconds < SECONDS
    match status:
        case 0:
            assert (said, records[-1]["type"]) == ([], "end")
            assert command("verify", "-m", folder, "-p", "The", "--max-new-tokens", 2)[0] == 0
        case 2:
            assert len(said) == 1 and said[0].startswith("samplescope: ") and not records
        case 3:
            assert len(said) == 1 and said[0].startswith("samplescope: ") and records[-1]["type"] == "error"
        case _:
            pytest.fail(f"exit code {status}")


@pytest.mark.parametrize("name", FIRST.values())
def test_a_hostile_folder(name: str, command: Command, checkpoint: Path, tmp_path: Path) -> None:
    _check(name, command, checkpoint, tmp_path)


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 145 and len(FIRST) >= 100


@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
def test_every_hostile_folder(name: str, command: Command, checkpoint: Path, tmp_path: Path) -> None:
    _check(name, command, checkpoint, tmp_path)
