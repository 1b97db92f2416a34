"""A paced report: what reports all the time is passed on now and then, and can be ended then."""

from __future__ import annotations

import pytest

from tui.core import progress
from tui.core.progress import paced, stoppable
from tui.errors import StoppedError


def test_one_call_in_so_many_seconds_is_passed_on_the_first_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now, told = [100.0], []
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    report = paced(lambda stage, done, total, unit: told.append(done), 0.1)
    for tenth in range(10):
        report("work", tenth, None, "")
        now[0] += 0.04
    assert told == [0, 3, 6, 9]


def test_a_stop_comes_through_with_the_next_call_that_is_passed_on() -> None:
    report = paced(stoppable(lambda: True, "The work", lambda *_: None))
    with pytest.raises(StoppedError, match="The work was given up"):
        report("work", 0, None, "")
