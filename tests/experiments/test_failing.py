"""A model may raise, print or exit wherever its code runs: a run ends in one line and a record."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import transformers

from tests.commands import Command
from tests.patience import PATIENCE

RAISED = [
    ValueError("no default language:\nset one"), KeyError(5), RecursionError("deep"), NotImplementedError(),
    RuntimeError("addmm not implemented for 'Half'"), torch.OutOfMemoryError("CUDA out of memory. Tried 3 GiB"),
    MemoryError(), SystemExit(3), AssertionError("[bold]\x1b[31m"),
]  # fmt: skip
Forward = Callable[..., object]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


@pytest.fixture
def forward(monkeypatch: pytest.MonkeyPatch) -> Callable[[Forward], None]:
    """Puts a function before the model's forward; it is given the number of the call."""

    def put(before: Callable[[int], None]) -> None:
        whole, calls = transformers.LlamaForCausalLM.forward, []

        def wrapped(*values: object, **named: object) -> object:
            calls.append(None)
            before(len(calls))
            return whole(*values, **named)

        monkeypatch.setattr(transformers.LlamaForCausalLM, "forward", wrapped)

    return put


def raising(error: BaseException, at: int) -> Callable[[int], None]:
    def before(number: int) -> None:
        if number >= at:
            raise error

    return before


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(("at", "lines"), [(1, ["error"]), (3, ["run", "step", "step", "error"])])
def test_a_run_ends_in_one_line_and_a_record(command, forward, checkpoint: Path, error, at: int, lines: list) -> None:
    forward(raising(error, at))
    status, out, err = command("run", "-m", checkpoint, "-p", "The", "--max-new-tokens", 5, "--top", 0)
    records = [json.loads(line) for line in out.splitlines()]
    assert (status, [record["type"] for record in records]) == (3, lines)
    assert err.count("\n") == 1 and "\x1b" not in err
    assert records[-1]["kind"] == "run" and "forward" in records[-1]["message"]
    assert " ".join(str(error).split()) in records[-1]["message"]


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("at", [1, 3, 7])
def test_a_verify_ends_in_one_line(command, forward, checkpoint: Path, error, at: int) -> None:
    """At the prompt, at a step, in generate() itself."""
    forward(raising(error, at))
    status, out, err = command("verify", "-m", checkpoint, "-p", "The", "--max-new-tokens", 5)
    assert (status, out, err.count("\n")) == (3, "", 1)


def test_no_room_in_memory_is_told_as_that(command, forward, checkpoint: Path) -> None:
    forward(raising(torch.OutOfMemoryError("CUDA out of memory."), 1))
    assert "no room in memory" in command("run", "-m", checkpoint)[2]


def test_a_tokenizer_that_raises(command, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def panics(*_: object, **__: object) -> object:
        raise type("PanicException", (BaseException,), {})("index out of bounds")

    monkeypatch.setattr(transformers.PreTrainedTokenizerFast, "__call__", panics)
    status, _, err = command("run", "-m", checkpoint, "-p", "The")
    assert (status, err) == (3, "samplescope: The tokenizer failed: PanicException: index out of bounds\n")


PRINTING = """
import os, sys, transformers
whole = transformers.LlamaForCausalLM.forward
def forward(*values, **named):
    print("some model: attention mask was changed")
    os.write(1, b"some kernel in C\\n")
    return whole(*values, **named)
transformers.LlamaForCausalLM.forward = forward
from tui.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("name", "lines", "begins"), [("run", 4, '{"type":'), ("verify", 1, "equal: the same 2 tokens as generate()")]
)
def test_what_a_model_prints_is_not_among_its_lines(checkpoint: Path, name: str, lines: int, begins: str) -> None:
    command = [name, "-m", checkpoint, "-p", "The", "--max-new-tokens", "2"]
    ran = subprocess.run(
        [sys.executable, "-c", PRINTING, *command], cwd=Path(__file__).parents[2], capture_output=True, text=True,
        timeout=PATIENCE, check=True,
    )  # fmt: skip
    assert [line[: len(begins)] for line in ran.stdout.splitlines()] == [begins] * lines
    assert ran.stderr.count("some model") == ran.stderr.count("some kernel") >= 2
