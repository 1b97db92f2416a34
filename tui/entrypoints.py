"""Entry points for the explorer and the engine, each with only the imports it needs; and the report of failures."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from tui.errors import SamplescopeError

if TYPE_CHECKING:
    from tui.engine.serve import EngineLike
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
    """Call `run`; returns the exit code. A SamplescopeError becomes one line on stderr."""
    try:
        return run()
    except SamplescopeError as error:
        from tui.core.printable import printable

        sys.stderr.write(f"samplescope: {printable(str(error), space=' ')}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
