"""The engine as a process: it takes the pipe from fds 0 and 1, greets, serves, and ends when the other side closes.

At module level only small standard modules are imported: the greeting must not wait for a heavy import.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from tui.engine.port import EngineLike

STANDARD_FDS = 3


def main(make: Callable[[], EngineLike]) -> NoReturn:
    """Serve the engine that `make` returns on stdin and stdout, then end the process without waiting for threads."""
    if os.isatty(0):
        sys.stderr.write("samplescope engine speaks frames on stdin and stdout: the explorer starts it itself.\n")
        sys.exit(2)
    source, sink = claim_pipe()
    status = 1
    try:
        import faulthandler

        faulthandler.enable()
        status = _greet_and_serve(make, source, sink)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        # An ordinary exit would wait for a forward that is running.
        os._exit(status)


def claim_pipe() -> tuple[int, int]:
    """Move the pipe to other fds and return them: fd 0 becomes empty, and fd 1 becomes stderr, for stray prints."""
    import fcntl

    source = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, STANDARD_FDS)
    sink = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, STANDARD_FDS)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    if sys.stderr is None:
        # Started with fd 2 closed.
        os.dup2(nothing, 2)
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
    os.dup2(2, 1)
    if nothing >= STANDARD_FDS:
        os.close(nothing)
    sys.stdout = sys.stderr
    return source, sink


def _greet_and_serve(make: Callable[[], EngineLike], source: int, sink: int) -> int:
    from tui import __version__
    from tui.engine.fds import write_all
    from tui.engine.serve import serve
    from tui.protocol import GREETING, VERSION, Ready, frame

    ready = Ready(protocol=VERSION, version=__version__, host=os.uname().nodename)
    try:
        write_all(sink, GREETING + frame(ready))
    except BrokenPipeError:
        return 0
    return serve(make, source, sink)
