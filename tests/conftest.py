"""Before anything imports torch: tests run side by side, and threads that wait by spinning would starve each other."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")


def pytest_xdist_auto_num_workers() -> int:
    """Half as many workers again as there are cores: many a test waits for another process, or for a limit to pass."""
    cores = os.cpu_count() or 1
    return cores + (cores + 1) // 2
