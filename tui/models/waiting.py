"""Runs slow work in a thread, so that the caller can report progress and give it up; and errors in one line."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from textwrap import shorten
from typing import TypeVar

T = TypeVar("T")

TICK_SECONDS = 0.1
MOST_SHOWN = 60
"""Characters of a value from a file in a message."""
ENDING_SECONDS = 1.0
"""How long work that was given up may take to clean up."""


def run_in_thread(work: Callable[[], T], tick: Callable[[], None], give_up: Callable[[], None] | None = None) -> T:
    """Run `work` in a thread of its own and return its result; meanwhile call `tick` ten times a second.

    An exception in `tick` is raised at once. If there is a `give_up`, it is called first, and `work` has a second to
    end.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        while not wait([outcome], TICK_SECONDS).done:
            tick()
    except BaseException:
        if give_up is not None:
            give_up()
            wait([outcome], ENDING_SECONDS)
        raise
    return outcome.result()


def one_line(error: BaseException) -> str:
    """The error's message without line breaks, cut at 300 characters; its type if there is no message."""
    return shorten(" ".join(str(error).split()), 300, placeholder=" …") or type(error).__name__


def shown(value: object) -> str:
    """The repr of a value from a file, cut at `MOST_SHOWN` characters."""
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
