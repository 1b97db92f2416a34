"""Each way into the program imports no heavy module that it does not need: an import delays its start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "transformers", "numpy"}
SCREEN = {"textual", "rich", "plotext"}

WAYS = {
    "--help": (
        "import contextlib, io\nfrom tui.__main__ import main\nsys.argv = ['samplescope', '--help']\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n    main()",
        {"typer"}, HEAVY | SCREEN,
    ),
    "the explorer": (
        "import tui.__main__, tui.app\nfrom tui.launch import LaunchOptions\ntui.app.SamplescopeApp(LaunchOptions())",
        {"textual", "msgspec"}, HEAVY | {"plotext", "typer", "huggingface_hub"},
    ),
    "run": ("import tui.cli, tui.experiments.run", {"torch", "typer"}, SCREEN),
    "verify": ("import tui.cli, tui.experiments.verify", {"torch", "typer"}, SCREEN),
    "sweep": ("import tui.cli, tui.experiments.sweep, tui.experiments.sweep_lines", {"torch"}, SCREEN | {"sacrebleu"}),
    "the measures": ("import tui.core.grid, tui.experiments.measures", {"msgspec"}, HEAVY | SCREEN | {"sacrebleu"}),
    "score": ("import tui.cli, tui.experiments.score", {"torch", "typer"}, SCREEN),
    "the engine, greeting": ("import tui.__main__, tui.engine.process", {"tui"}, HEAVY | SCREEN | {"typer"}),
    "the engine, at work": (
        "from tui.experiments.jobs import make_engine\nmake_engine()", {"torch"}, SCREEN | {"typer"},
    ),
}  # fmt: skip
"""Entry point → (the code that is run, modules it needs, modules it must not import)."""


def loaded(code: str, folder: Path) -> set[str]:
    """The top-level modules imported in a process that has run `code`."""
    folders = {name: str(folder) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")}
    ended = subprocess.run(
        [sys.executable, "-c", f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"],
        cwd=ROOT, env={**os.environ, **folders}, capture_output=True, text=True, check=True, timeout=PATIENCE,
    )  # fmt: skip
    return {name.split(".")[0] for name in json.loads(ended.stdout.splitlines()[-1])}


@pytest.mark.parametrize("way", WAYS)
def test_it_loads_what_it_needs_and_nothing_heavier(way: str, tmp_path: Path) -> None:
    code, needed, unwanted = WAYS[way]
    found = loaded(code, tmp_path)
    assert needed <= found
    assert unwanted & found == set()
