"""The ways in, each importing only what it needs: the explorer, the engine, and how a failure is told."""

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
    """Run the explorer in this terminal; the exit code. InputError where there is no terminal for it."""
    from tui import logs
    from tui.terminal.checks import check_terminal, prepare_environment

    check_terminal()
    prepare_environment()
    logs.begin()
    greeted = None
    if options.engine is not None:
        # While the terminal is still the person's: ssh may ask for a password.
        from tui.client.asking import start_asking

        greeted = start_asking(options.engine)
    gc.disable()  # until the first picture is out: what is imported until then stays, and looking through it takes time
    from tui.app import main

    return main(options, greeted)


def serve_engine() -> NoReturn:
    """Serve the engine on stdin and stdout; the greeting goes out before anything heavy is imported."""
    from tui.engine.process import main

    def make() -> EngineLike:
        from tui.experiments.jobs import make_engine

        return make_engine()

    main(make)


def in_one_line(run: Callable[[], int]) -> int:
    """Run it; the exit code. What a person did wrong is one line on stderr."""
    try:
        return run()
    except SamplescopeError as error:
        from tui.core.printable import printable

        sys.stderr.write(f"samplescope: {printable(str(error), space=' ')}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
