"""Runs the command line under test, in this process or in a process of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tui import cli


class Command:
    """`samplescope ARGV` in this process: its exit status, stdout and stderr."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *argv: object, stdin: bytes = b"") -> tuple[int, str, str]:
        self._monkeypatch.setattr(sys, "argv", ["samplescope", *map(str, argv)])
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = cli.main()
        captured = self._capsys.readouterr()
        return status, captured.out, captured.err

    def run(self, *argv: object, stdin: bytes = b"") -> list[dict]:
        """Run the command and return its records; it must exit with 0, and write only notes to stderr."""
        status, out, err = self("run", *argv, stdin=stdin)
        assert (status, [line for line in err.splitlines() if not line.startswith("note: ")]) == (0, [])
        return [json.loads(line) for line in out.splitlines()]

    def refused(self, *argv: object, stdin: bytes = b"") -> str:
        """Run the command with bad input and return its one line: exit code 2, nothing on stdout."""
        status, out, err = self(*argv, stdin=stdin)
        assert (status, out) == (2, "")
        assert err.startswith("samplescope: ")
        assert err.count("\n") == 1 and err.endswith("\n")
        return err


def process(*argv: object, **more: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1]), "PYTHONUNBUFFERED": ""}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "tui", *map(str, argv)], stdin=subprocess.DEVNULL, text=True,
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more,
    )  # fmt: skip
