"""Limits torch's threads before it is imported: tests run in parallel, and spinning threads starve each other."""

import logging
import os
import signal

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")

# A script's background job ignores these from its start, and its children inherit that: the program under test would.
for name in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(name) == signal.SIG_IGN:
        signal.signal(name, signal.default_int_handler if name == signal.SIGINT else signal.SIG_DFL)


def pytest_xdist_auto_num_workers() -> int:
    """One and a half workers for each core: many tests wait for another process, or for a time limit."""
    cores = os.cpu_count() or 1
    return cores + (cores + 1) // 2


@pytest.fixture
def log(tmp_path, monkeypatch):
    """The logger as it is before the program starts, and the path of the log file."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    logger = logging.getLogger("samplescope")
    before = logger.handlers[:], logger.level, logger.propagate
    logger.handlers.clear()
    yield tmp_path / "samplescope" / "samplescope.log"
    for handler in logger.handlers:
        handler.close()
    logger.handlers[:], logger.propagate = before[0], before[2]
    logger.setLevel(before[1])
