"""`python -m tui`: the command line; `engine` takes its own door, before anything else is imported."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.engine.serve import EngineLike


def _make_engine() -> EngineLike:
    from tui.experiments.jobs import make_engine

    return make_engine()


def main() -> None:
    """Run what the arguments ask for."""
    if sys.argv[1:] == ["engine"]:
        from tui.engine.process import main as engine

        engine(_make_engine)
    from tui.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
