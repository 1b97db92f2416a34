"""Before anything imports torch: tests run side by side, and threads that wait by spinning would starve each other."""

import logging
import os

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")


def pytest_xdist_auto_num_workers() -> int:
    """Half as many workers again as there are cores: many a test waits for another process, or for a limit to pass."""
    cores = os.cpu_count() or 1
    return cores + (cores + 1) // 2


@pytest.fixture
def log(tmp_path, monkeypatch):
    """A logger as it is before the program begins, and the file it will write."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    logger = logging.getLogger("samplescope")
    before = logger.handlers[:], logger.level, logger.propagate
    logger.handlers.clear()
    yield tmp_path / "samplescope" / "samplescope.log"
    for handler in logger.handlers:
        handler.close()
    logger.handlers[:], logger.propagate = before[0], before[2]
    logger.setLevel(before[1])
