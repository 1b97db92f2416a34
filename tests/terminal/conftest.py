import sys
from pathlib import Path

import pytest

from tests.ptyrun import Terminal

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tests.terminal.safe_app"]


@pytest.fixture
def start(tmp_path):
    """Starts the test app, or another command, on a terminal that ends with the test."""
    terminals = []

    def started(command=COMMAND, env=None, **options):
        own = {"XDG_STATE_HOME": str(tmp_path / "state"), "BEATS": str(tmp_path / "beats")}
        terminals.append(Terminal(command, cwd=ROOT, env=own | (env or {}), **options))
        return terminals[-1]

    yield started
    for terminal in terminals:
        terminal.__exit__()


@pytest.fixture
def ready(start):
    """The test app, after its first picture."""

    def drawn(**options):
        terminal = start(**options)
        terminal.until("ready")
        return terminal

    return drawn
