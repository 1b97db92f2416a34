"""The entry point of `samplescope` and `python -m tui`.

The command line parser is imported only for arguments that need it, so that the explorer without arguments, and
`engine`, which the explorer starts, start faster.
"""

from __future__ import annotations

import sys

from tui.entrypoints import explore, in_one_line, serve_engine


def main() -> None:
    """Run the explorer, the engine or another command, as the arguments say."""
    if sys.argv[1:] == ["engine"]:
        serve_engine()
    if not sys.argv[1:]:
        from tui.launch import LaunchOptions

        sys.exit(in_one_line(lambda: explore(LaunchOptions())))
    from tui.cli import main as command_line

    sys.exit(command_line())


if __name__ == "__main__":
    main()
