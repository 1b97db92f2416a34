"""`python -m tui` and `samplescope`: three ways in.

Only arguments are worth the import of a command line parser: without any the explorer opens, and `engine`, which the
explorer starts, greets sooner.
"""

from __future__ import annotations

import sys

from tui.entrypoints import explore, in_one_line, serve_engine


def main() -> None:
    """Run what the arguments ask for."""
    if sys.argv[1:] == ["engine"]:
        serve_engine()
    if not sys.argv[1:]:
        from tui.launch import LaunchOptions

        sys.exit(in_one_line(lambda: explore(LaunchOptions())))
    from tui.cli import main as command_line

    sys.exit(command_line())


if __name__ == "__main__":
    main()
