"""The program under test, from outside: `samplescope run`'s JSON Lines, and `samplescope engine`'s frames."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec


class Warm:
    """One process that runs many commands (warm.py), or with `plain` one process for each."""

    def __init__(self, package: Path, plain: bool = False) -> None:
        self._package = package
        self._plain = plain
        self._folder = tempfile.TemporaryDirectory(prefix="parity-")
        self._process: subprocess.Popen[str] | None = None

    def run(self, argv: Sequence[str], plain: bool = False) -> tuple[int, list[dict[str, Any]], str]:
        """(exit status, the JSON Lines on stdout, stderr) of `samplescope ARGV`."""
        out, err = Path(self._folder.name, "out"), Path(self._folder.name, "err")
        status = self._alone(argv, out, err) if plain or self._plain else self._forked(argv, out, err)
        lines = out.read_bytes().decode().splitlines()
        return status, [json.loads(line) for line in lines], err.read_text(errors="replace")

    def _alone(self, argv: Sequence[str], out: Path, err: Path) -> int:
        command = [sys.executable, "-P", "-m", "tui", *argv]
        with out.open("wb") as stdout, err.open("wb") as stderr:
            environment = {**os.environ, "PYTHONPATH": str(self._package)}
            return subprocess.run(command, stdout=stdout, stderr=stderr, env=environment).returncode

    def _forked(self, argv: Sequence[str], out: Path, err: Path) -> int:
        if self._process is None:
            command = [sys.executable, "-P", str(Path(__file__).parent / "warm.py"), str(self._package)]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"argv": list(argv), "out": str(out), "err": str(err)}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"warm.py is gone ({self._process.wait()}) at {argv}")
        status: int = json.loads(answer)["status"]
        return status

    def close(self) -> None:
        """End the process that was kept warm."""
        if self._process is not None:
            self._process.communicate()
        self._folder.cleanup()


class Engine:
    """`samplescope engine`, spoken to in frames made here: a 4-byte length and a tagged msgpack map."""

    def __init__(self, package: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tui", "engine"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(package)}, start_new_session=True,
        )  # fmt: skip
        self._numbers = itertools.count(1)
        self.grown: list[list[Any]] = []
        """Nodes as they came: [id, parent, position, token, …]."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"samplescope 1\n"

    def ask(self, kind: str, /, **fields: Any) -> dict[str, Any]:
        """Send one request; its reply. RuntimeError for `Failed`."""
        number = next(self._numbers)
        body = msgspec.msgpack.encode({"type": kind, "id": number, **fields})
        assert self._process.stdin is not None
        self._process.stdin.write(len(body).to_bytes(4, "big") + body)
        self._process.stdin.flush()
        while True:
            answer = self._read()
            if answer["type"] == "Grown":
                self.grown += answer["nodes"]
            elif answer["type"] == "Failed":
                raise RuntimeError(f"{kind}: {answer['message']}")
            elif answer.get("id") == number:
                return answer

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None and self._process.stderr is not None
        header = self._process.stdout.read(4)
        if len(header) < 4:
            raise RuntimeError(f"the engine is gone: {self._process.stderr.read().decode(errors='replace')[-2000:]}")
        answer: dict[str, Any] = msgspec.msgpack.decode(self._process.stdout.read(int.from_bytes(header, "big")))
        return answer

    def kill(self) -> None:
        """SIGKILL: what an out-of-memory killer does."""
        self._process.kill()
        self._process.communicate()
