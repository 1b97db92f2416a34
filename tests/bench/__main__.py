"""Every benchmark, one after the other: `python -m tests.bench [--large]`. They report; a verdict is a person's."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.bench import frames, generate, sliders, start
from tests.bench.report import Figure, show

BENCHES: dict[str, Callable[[], Iterator[Figure]]] = {
    "start": lambda: start.figures(Path(tempfile.mkdtemp())),
    "sliders": sliders.figures,
    "frames": frames.figures,
    "generate": partial(generate.figures, "--large" in sys.argv),
}

for name, figures in BENCHES.items():
    print(f"== {name}", flush=True)
    show(figures())
