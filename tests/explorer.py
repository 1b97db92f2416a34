"""The workbench on the scripted engine, in this terminal: no torch, no model, always the same numbers.

python -m tests.explorer                                 60 tokens, every probability known
python -m tests.explorer --vocabulary 5000 --head 99     a server that tells only the best 99 of 5,000
python -m tests.explorer --hostile --seconds 2           tokens that break a careless screen, a slow model
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from tests.engines import Engines
from tests.scripted import HOSTILE, WORDS, ScriptedEngine
from tui import config, logs
from tui.app import SamplescopeApp
from tui.launch import LaunchOptions
from tui.terminal.app import run_safely


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m tests.explorer", description=__doc__.splitlines()[0])
    options.add_argument("--vocabulary", type=int, default=len(WORDS), metavar="N", help="how many tokens there are")
    options.add_argument("--head", type=int, metavar="N", help="tell only the best N of a row, as some servers do")
    options.add_argument("--hostile", action="store_true", help="a vocabulary of markup, escapes and half characters")
    options.add_argument("--chat", action="store_true", help="the model has a chat template")
    options.add_argument("--seconds", type=float, default=0.0, metavar="S", help="how long a forward takes")
    return options


def vocabulary(size: int, *, hostile: bool = False) -> list[bytes]:
    """The scripted words, or the hostile ones, filled up to the wanted number with made-up words."""
    return list(islice((*(HOSTILE if hostile else WORDS), *(b" w%d" % number for number in range(size))), size))


def engine(options: argparse.Namespace) -> ScriptedEngine:
    return ScriptedEngine(
        vocabulary(options.vocabulary, hostile=options.hostile),
        before_forward=lambda _: time.sleep(options.seconds), chat=options.chat, head=options.head,
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the workbench until it is quit; the exit code."""
    options = parser().parse_args(arguments)
    logs.begin()
    settings, problems = config.load()
    settings = replace(settings, resume=False)  # a real session is worth more than a scripted one
    app = SamplescopeApp(LaunchOptions(), Engines(lambda: engine(options)).client, settings)
    app.problems += problems
    return run_safely(app, mouse=settings.mouse)


if __name__ == "__main__":
    sys.exit(main())
