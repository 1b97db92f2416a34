"""What the workbench looks like, as text. After a wanted change: SAMPLESCOPE_GOLDEN=write pytest tests/ui."""

import os
import re
from pathlib import Path

import pytest

from tests.ui.conftest import SMALL, WIDE, screen_text

MISSING_ROW = re.compile(r"\d [ ▸•●]+ …")
GOLDEN = Path(__file__).parent / "golden"

PICTURES = {
    "start": (),
    "nucleus-after-three": ("n", "n", "n", "4"),
    "branch-and-draws": ("n", "n", "left", "down", "enter", "left", "d"),
    "units-and-end": ("1", "u", "end"),
}
SMALL_PICTURES = {
    "start": (),
    "nucleus-after-three": ("n", "n", "n", "4"),
    "controls": ("k",),
    "plot": ("3", "v"),
}


@pytest.mark.parametrize("name", PICTURES)
async def test_at_120_by_40(start, name):
    await compare(start, WIDE, name, PICTURES[name])


@pytest.mark.parametrize("name", SMALL_PICTURES)
async def test_at_80_by_24(start, name):
    await compare(start, SMALL, name, SMALL_PICTURES[name])


async def compare(start, size, name, keys):
    """The picture after these keys is the one in the golden file."""
    async with start(size=size) as bed:
        await bed.press(*keys)
        await bed.until(lambda: bed.bench.prompt.count is not None and not MISSING_ROW.search(screen_text(bed.app)))
        await bed.pilot.pause()
        picture = screen_text(bed.app) + "\n"
    file = GOLDEN / f"{name}-{size[0]}x{size[1]}.txt"
    if os.environ.get("SAMPLESCOPE_GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(picture, encoding="utf-8")
    assert picture == file.read_text(encoding="utf-8")
