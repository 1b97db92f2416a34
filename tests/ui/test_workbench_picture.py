"""Golden pictures of the workbench as text. After an intended change: SAMPLESCOPE_GOLDEN=write pytest tests/ui."""

import os
import re
from pathlib import Path

import pytest

from tests.ui.conftest import SMALL, WIDE, Recorded, screen_text

MISSING_ROW = re.compile(r"\d [ ▸•]+ …")
GOLDEN = Path(__file__).parent / "golden"

PICTURES = {
    "start": (),
    "nucleus-after-three": ("n", "n", "n", "4"),
    "branch-and-draws": ("n", "n", "left", "down", "enter", "left", "d"),
    "units-and-end": ("1", "u", "end"),
    "stages": ("4", "V", "V", "V"),
    "text-plot": ("1", *"nnnnnnnn", "left", "left", "left", "V", "V", "V", "V"),
}
SMALL_PICTURES = {
    "start": (),
    "nucleus-after-three": ("n", "n", "n", "4"),
    "controls": ("comma",),
    "plot": ("3", "v"),
    "stages": ("4", "V", "V", "V"),
    "text-plot": ("1", *"nnnnnnnn", "left", "left", "left", "V", "V", "V", "V"),
}


@pytest.mark.parametrize("name", PICTURES)
async def test_at_120_by_40(start, name):
    await compare(start, WIDE, name, PICTURES[name])


@pytest.mark.parametrize("name", SMALL_PICTURES)
async def test_at_80_by_24(start, name):
    await compare(start, SMALL, name, SMALL_PICTURES[name])


async def compare(start, size, name, keys, after=None, **more):
    """The picture after these keys, and after what `after` does then, equals the golden file's."""
    async with start(size=size, **more) as bed:
        await bed.press(*keys)
        await bed.until(
            lambda: bed.bench.panes.prompt.count is not None and not MISSING_ROW.search(screen_text(bed.app))
        )
        if after is not None:
            await after(bed)
        await bed.pilot.pause()
        picture = screen_text(bed.app) + "\n"
    file = GOLDEN / f"{name}-{size[0]}x{size[1]}.txt"
    if os.environ.get("SAMPLESCOPE_GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(picture, encoding="utf-8")
    assert picture == file.read_text(encoding="utf-8")


HEAD_PICTURES = {
    "head-undecided": ((), {}),
    "head-decided": (("n", "n"), {"top_k": 12}),
    "head-warm": (("end",), {"temperature": 1.7, "top_k": 0, "top_p": 0.95}),
}


@pytest.mark.parametrize("name", HEAD_PICTURES)
@pytest.mark.parametrize("size", [WIDE, SMALL])
async def test_of_a_server_that_tells_only_the_best_fifteen(start, size, name):
    keys, given = HEAD_PICTURES[name]
    await compare(start, size, name, keys, make=lambda: Recorded(head=15), given=given)
