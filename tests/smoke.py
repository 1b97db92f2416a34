"""Starts the installed program on a pty, takes one step and quits: `python -m tests.smoke PROGRAM`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.ptyrun import Terminal


def main(program: str) -> int:
    """0 if the program opened, drew a token and ended well."""
    command = [Path(program).absolute()]
    with tempfile.TemporaryDirectory() as elsewhere, Terminal(command, cwd=Path(elsewhere)) as terminal:
        terminal.until("n draws")
        terminal.send("n")
        terminal.until("1 new")
        terminal.send("q")
        status = terminal.wait()
    print(f"smoke: one step taken, exit code {status}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
