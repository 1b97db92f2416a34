"""Before anything imports torch: tests run side by side, and threads that wait by spinning would starve each other."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
