"""The cumulative plot's ranks: log and linear axes, zoom, pan, and the post's figure."""

from itertools import pairwise

import pytest
from textual.geometry import Size

from tests.handmade import view
from tests.panes import Pane
from tests.ui.conftest import screen_text
from tui.protocol import PlotRequest
from tui.widgets.plots.axes import EvenAxis, rank_axis, rank_ticks
from tui.widgets.plots.cumulative import Cumulative
from tui.widgets.plots.cumulative_figure import Figure, draw
from tui.widgets.plots.frame import LEFT
from tui.widgets.plots.pane import PlotPane
from tui.widgets.plots.ranges import ALL, FEWEST, POST, POST_STEPS, RankRange

LINEAR = RankRange("linear")


@pytest.mark.parametrize("columns", [10, 54, 112])
@pytest.mark.parametrize("ends", [(1, 50_257), (1, 10_000), (900, 1_100), (41, 49), (49_000, 50_257)])
@pytest.mark.parametrize("scale", ["log", "linear"])
def test_every_tick_of_a_part_of_the_ranks_lies_on_its_rank(columns, ends, scale):
    axis = rank_axis(columns, ends[1], ends[0], scale)
    assert (axis.column(axis.low), axis.column(axis.high)) == (0, columns - 1)
    ticks = rank_ticks(axis)
    assert len(ticks) >= 2
    for tick in ticks:
        number = tick.label.replace(",", "").replace("k", "000").replace("M", "000000")
        assert axis.low <= int(number) <= axis.high
        assert tick.cell == axis.column(int(number))


@pytest.mark.parametrize("rows", range(1, 40))
@pytest.mark.parametrize("ends", [(0.75, 1.01), (0.0, 0.165), (0.0, 23.4), (0.0, 1.0)])
def test_ticks_of_numbers_lie_on_their_values_evenly_spaced(rows, ends):
    axis = EvenAxis.of(*ends, rows, POST_STEPS if ends[0] else ())
    ticks = axis.ticks()
    assert [axis.row(value) for value in axis.values()] == [tick.cell for tick in ticks]
    assert len({after.cell - before.cell for before, after in pairwise(ticks)}) <= 1
    assert all(abs(float(tick.label) - value) < 1e-9 for tick, value in zip(ticks, axis.values(), strict=True))
    if rows > 3:
        assert 0 <= axis.row(ends[1]) < rows
        assert len(ticks) > 1


@pytest.mark.parametrize("scale", ["log", "linear"])
@pytest.mark.parametrize("kept", [50, 8192])
def test_zooming_in_keeps_the_last_kept_rank_in_sight_and_zooming_out_ends_at_all_ranks(scale, kept):
    ranks = RankRange(scale)
    for _ in range(30):
        closer = ranks.moved("in", kept, 8192)
        low, high = closer.ends(8192)
        assert low <= (kept if kept < 8192 else 1) <= high
        assert high - low >= FEWEST - 1
        ranks = closer
    for _ in range(30):
        ranks = ranks.moved("out", kept, 8192)
    assert ranks == RankRange(scale)


def test_panning_keeps_as_many_ranks_in_sight_and_ends_at_the_ends():
    ranks = RankRange("linear", 101, 200)
    seen = []
    for _ in range(50):
        ranks = ranks.moved("right", 0, 500)
        seen.append(ranks.ends(500))
    assert seen[0] == (126, 225)
    assert seen[-1] == (401, 500)
    assert {high - low for low, high in seen} <= {98, 99, 100}
    for _ in range(50):
        ranks = ranks.moved("left", 0, 500)
    assert ranks.ends(500) == (1, 100)
    assert ranks.moved("whole", 0, 500) == LINEAR


@pytest.mark.parametrize("ranks", [LINEAR, RankRange("log", 20, 200), RankRange("linear", 20, 200), POST])
@pytest.mark.parametrize("size", [(60, 12), (16, 4), (118, 30)])
def test_lines_stand_on_their_ranks_and_only_those_in_sight(ranks, size):
    for left in (1, 5, 20, 64, 200, 499):
        viewed = view(500, top_k=left)
        at = Figure.of(viewed, Size(*size), ranks)
        lines = ["".join(text for _, text in line) for line in draw(at)]
        assert [len(line) for line in lines] == [size[0]] * size[1]
        on_canvas = [line[LEFT:] for line in lines[1 : 1 + at.rows]]
        low, high = ranks.ends(500)
        columns = {x for x in range(at.ranks.columns) if all(line[x] == "│" for line in on_canvas)}
        assert columns == ({at.ranks.column(left)} if low <= left <= high else set())


def test_the_posts_figure_has_its_axes_and_its_k_and_p_whatever_the_settings():
    viewed = view(50_257, width=2)
    at = Figure.of(viewed, Size(100, 24), POST)
    assert (at.ranks.low, at.ranks.high) == (0, 10_000)
    assert [tick.label for tick in at.shares.ticks()] == ["0.75", "0.80", "0.85", "0.90", "0.95", "1.00"]
    assert at.shares.row(1.01) <= at.rows - 1
    lines = ["".join(text for _, text in line) for line in draw(at)]
    assert "the post's k 2,000" in lines[0]
    cells = [line[LEFT:] for line in lines[1 : 1 + at.rows]][::-1]
    assert sum(row[at.ranks.column(2_000)] == "┊" for row in cells) > at.rows / 2
    assert "╌╌╌" in cells[at.shares.row(0.95)]
    assert "the post's p 0.95" in "".join(cells)


async def test_keys_zoom_and_pan_and_ask_for_the_ranks_in_sight():
    pane = Pane(PlotPane())
    async with pane.run_test(size=(60, 12)) as pilot:
        pane.pane.viewed = view(500, top_k=50)
        await pilot.press("minus")
        assert pane.pane.request == PlotRequest("cumulative", 108, "linear", 1, 0)
        await pilot.press("up", "up")
        assert pane.pane.request == PlotRequest("cumulative", 108, "linear", 38, 162)
        assert len(pane.of(PlotPane.RequestChanged)) == 4
        await pilot.press("shift+right")
        assert pane.pane.request == PlotRequest("cumulative", 108, "linear", 69, 193)
        await pilot.press("down", "down", "down", "down")
        assert pane.pane.request == PlotRequest("cumulative", 108, "linear", 1, 0)
        await pilot.press("minus")
        assert pane.pane.request == PlotRequest("cumulative", 108, "linear", 1, 10_000)
        assert str(pane.pane.border_title).startswith("Cumulative probability, the post's view")
        await pilot.press("minus")
        assert pane.pane.plot == Cumulative(ALL)


async def test_the_answer_to_a_zoom_is_drawn(start):
    async with start() as bed:
        await bed.press("n", "tab")
        bed.bench.panes.plot.focus()
        await bed.press("minus")
        await bed.until(lambda: "rank (log)" not in screen_text(bed.app))
        await bed.press("up")
        await bed.until(lambda: bed.viewed.plot is not None)
        assert len(bed.bench.panes.plot.text) == bed.bench.panes.plot.size.height
