"""Entry points for the explorer and the engine, each with only the imports it needs; and the report of failures."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Callable
from errno import ENOSPC
from typing import TYPE_CHECKING, NoReturn

from tui.errors import SamplescopeError
from tui.terminal.stdout import PIPE_CLOSED, PipeClosed, discard_stdout, flush

if TYPE_CHECKING:
    from tui.engine.port import EngineLike
    from tui.launch import LaunchOptions

INTERRUPTED = 130


def explore(options: LaunchOptions) -> int:
    """Run the explorer in this terminal; returns the exit code. InputError if there is no suitable terminal."""
    from tui import logs
    from tui.terminal.checks import check_terminal, prepare_environment

    check_terminal()
    prepare_environment()
    logs.begin()
    greeted = None
    if options.engine is not None:
        # Before textual takes the terminal: ssh may ask for a password.
        from tui.client.asking import start_asking

        greeted = start_asking(options.engine)
    gc.disable()  # until the first picture: objects created by imports stay, so collecting garbage only costs time
    from tui.app import main

    return main(options, greeted)


def serve_engine() -> NoReturn:
    """Serve the engine on stdin and stdout; the greeting is sent before any heavy import."""
    from tui.engine.process import main

    def make() -> EngineLike:
        from tui.experiments.jobs import make_engine

        return make_engine()

    main(make)


def in_one_line(run: Callable[[], int]) -> int:
    """Call `run`; returns the exit code. Whatever it raises becomes one line on stderr, never a traceback."""
    try:
        status = run()
        flush()
    except SamplescopeError as error:
        say(str(error))
        return error.exit_code
    except (PipeClosed, BrokenPipeError):
        discard_stdout()
        return PIPE_CLOSED
    except OSError as error:  # whatever was being written: the help, a log
        discard_stdout()
        return _full() if error.errno == ENOSPC else _crashed(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return _crashed(error)
    return status


def _full() -> int:
    say("There is no space left on the device.")
    return SamplescopeError.exit_code


def _crashed(error: Exception) -> int:
    """Say in one line that the program is at fault, and where the traceback is."""
    from tui.terminal.crash import report_crash

    say(report_crash(error).removeprefix("samplescope ").replace("\n", " · "))
    return SamplescopeError.exit_code


def say(sentence: str, before: str = "samplescope") -> None:
    """Write a sentence to stderr as one harmless line."""
    from tui.core.printable import printable

    if sys.stderr is not None:
        with contextlib.suppress(OSError):  # a closed or full stderr: the exit code still tells
            sys.stderr.write(f"{before}: {printable(sentence, space=' ')}\n")
            sys.stderr.flush()
