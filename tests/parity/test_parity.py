"""What samplescope shows is what generate() does; the script that says so is run here, from outside."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parity.mutations import MUTATIONS, Mutation, caught

HERE = Path(__file__).resolve().parent
needs_tokenizer = pytest.mark.skipif(
    not os.environ.get("SAMPLESCOPE_GPT2_TOKENIZER"),
    reason="SAMPLESCOPE_GPT2_TOKENIZER does not name a folder with GPT-2's tokenizer.json",
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the script keeps its models from one run to the next."""
    return tmp_path_factory.mktemp("models")


def parity(*arguments: str, models: Path) -> list[str]:
    """What the script says of the package as it is; it must pass."""
    command = [sys.executable, str(HERE / "parity.py"), "--models", str(models), *arguments]
    outcome = subprocess.run(command, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stdout[-3000:] + outcome.stderr[-3000:]
    return outcome.stdout.splitlines()


@needs_tokenizer
def test_twenty_two_runs(models: Path) -> None:
    said = parity("--fast", models=models)
    assert any(line.startswith("22 of 22 runs equal to generate()") for line in said)
    assert said[-1].startswith("PASSED: 22 runs, 0 branchings")


@needs_tokenizer
@pytest.mark.long
def test_five_hundred_and_fifty_runs_and_sixteen_branchings(models: Path) -> None:
    said = parity(models=models)
    assert any(line.startswith("550 of 550 runs equal to generate()") for line in said)
    assert said[-1].startswith("PASSED: 550 runs, 16 branchings")


@needs_tokenizer
@pytest.mark.long
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_is_caught(mutation: Mutation, models: Path) -> None:
    said = caught(mutation, models)
    print(said)
    assert said


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_each_mutation_still_finds_the_line_it_breaks(mutation: Mutation) -> None:
    text = (HERE.parents[1] / mutation.file).read_text()
    assert [text.count(old) for old, _ in mutation.replacements] == [1] * len(mutation.replacements)


@pytest.mark.parametrize("file", sorted(HERE.glob("*.py")), ids=lambda file: file.name)
def test_the_script_does_not_import_the_package(file: Path) -> None:
    names: list[str] = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    assert not [name for name in names if name.split(".")[0] == "tui"]
