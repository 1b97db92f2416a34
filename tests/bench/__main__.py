"""Every benchmark, one after the other: `python -m tests.bench [--check] [--large]`.

`--check` runs a benchmark with a figure over three times its bar again, and fails if one is over again: machines are
shared, and once may be the neighbours.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.bench import generate, sliders, start
from tests.bench.report import Figure, show

BENCHES: dict[str, Callable[[], Iterator[Figure]]] = {
    "start": lambda: start.figures(Path(tempfile.mkdtemp())),
    "sliders": sliders.figures,
    "generate": partial(generate.figures, "--large" in sys.argv),
}


def failed(name: str) -> bool:
    """Run one benchmark and print its table; True if a figure is over three times its bar."""
    print(f"== {name}", flush=True)
    return not show(BENCHES[name]())


again = [name for name in BENCHES if failed(name)]
if "--check" in sys.argv:
    sys.exit(any(failed(name) for name in again))
