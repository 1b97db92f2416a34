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


PLOT_VIEWS = {
    "cumulative": (),
    "cumulative-linear": ("minus",),
    "cumulative-post": ("minus", "minus"),
    "cumulative-cursor": (*["right_curly_bracket"] * 3,),
    "histogram": ("V",),
    "histogram-near": ("V", "up", "up", "pagedown"),
    "histogram-post": ("V", "minus"),
    "histogram-cursor": ("V", *["left_curly_bracket"] * 5),
    "temperatures": ("V", "V"),
    "temperatures-linear": ("V", "V", "minus"),
    "temperatures-post": ("V", "V", "minus", "minus"),
    "temperatures-cursor": ("V", "V", *["right_curly_bracket"] * 5),
}
"""The keys that lead to each view of each plot."""


def answered(bed):
    """True if the plot on screen is the one asked for last, and its cursor's candidate is named."""
    plot, asked = bed.bench.panes.plot, [view for view in bed.engine.viewed if view.slot == "main"][-1]
    border = f"{plot.border_title}{plot.border_subtitle}"
    return asked.id == bed.viewed.id and asked.plot == plot.request and plot.text and "…" not in border


@pytest.mark.parametrize("name", PLOT_VIEWS)
@pytest.mark.parametrize("size", [WIDE, SMALL])
async def test_of_each_view_of_the_plots(start, size, name):
    async def see(bed):
        if not bed.bench.panes.plot.display:
            await bed.press("v")
        bed.bench.panes.plot.focus()
        await bed.press(*PLOT_VIEWS[name])
        await bed.until(lambda: answered(bed))

    await compare(start, size, f"plot-{name}", ("4",), see)


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
