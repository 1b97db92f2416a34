"""The entry point of `samplescope` and `python -m tui`.

The command line parser is imported only for arguments that need it, so that the explorer without arguments, and
`engine`, which the explorer starts, start faster.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn


def _leave(_signal: int, _frame: object) -> NoReturn:
    """End at once, as a person asks by Ctrl-C.

    An exception instead would come up in the middle of an import or a forward, where a library may swallow it, wrap
    it, or print it. Nothing here needs to be put in order: a record is written in one piece.
    """
    os._exit(128 + signal.SIGINT)


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not under nohup, nor in the background of a script
    signal.signal(signal.SIGINT, _leave)

from tui.entrypoints import INTERRUPTED, explore, in_one_line, serve_engine  # noqa: E402 - the imports can be interrupted too


def main() -> None:
    """Run the explorer, the engine or another command, as the arguments say."""
    if sys.argv[1:] == ["engine"]:
        serve_engine()
    if not sys.argv[1:]:
        from tui.launch import LaunchOptions

        sys.exit(in_one_line(lambda: explore(LaunchOptions())))
    from tui.cli import main as command_line

    status = command_line()
    if status == INTERRUPTED:
        os._exit(status)  # each line was flushed; to take torch down in order needs a second that a person waits for
    sys.exit(status)


if __name__ == "__main__":
    main()
