"""Every benchmark, one after the other: `python -m tests.bench [--check] [--large]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.bench import generate, sliders, start

over = []
for name, figures in (
    ("start", start.figures(Path(tempfile.mkdtemp()))),
    ("sliders", sliders.figures()),
    ("generate", generate.figures("--large" in sys.argv)),
):
    print(f"== {name}", flush=True)
    for figure in figures:
        print(figure.line(), flush=True)
        over += [] if figure.ok else [figure.name]
if over:
    print("over three times its bar: " + "; ".join(over))
sys.exit("--check" in sys.argv and bool(over))
