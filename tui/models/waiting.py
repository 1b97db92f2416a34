"""Waiting for what takes long without being deaf meanwhile."""

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
"""How long something that was given up may clear away what it left half done."""


def beside(work: Callable[[], T], tick: Callable[[], None], give_up: Callable[[], None] | None = None) -> T:
    """What `work` gives, done in a thread of its own while `tick` is called ten times a second.

    What `tick` raises goes on at once; where there is a `give_up` it is called first, and has a second to show effect.
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
    """The error's words, line breaks left out, cut where nobody reads on."""
    return shorten(" ".join(str(error).split()), 300, placeholder=" …") or type(error).__name__


def shown(value: object) -> str:
    """A value somebody wrote into a file, cut where nobody reads on."""
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
