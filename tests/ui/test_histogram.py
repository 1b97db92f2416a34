"""The histogram: heights of bars, kept candidates below removed ones, and its exact size."""

import math
from array import array
from dataclasses import replace

import pytest
from textual.geometry import Size

from tests.handmade import view
from tests.ui.conftest import screen_text
from tui.protocol import PlotRequest, Plotted, Viewed
from tui.widgets.plots import PLOTS
from tui.widgets.plots.axes import CountAxis
from tui.widgets.plots.bins import Bins
from tui.widgets.plots.frame import LEFT
from tui.widgets.plots.histogram import Histogram

SIZE = Size(60, 12)


def counted(kept: list[float], removed: list[float], ends: tuple[float, float] = (-10.0, 0.0)) -> Viewed:
    """A view with these counts per bin; the first are of candidates below the first bin, the last above the last."""
    low, high = ends
    bins = len(kept) - 2
    edges = [0.0, *(10 ** (low + (high - low) * at / bins) for at in range(bins + 1))]
    both = [one + other for one, other in zip(kept, removed, strict=True)]
    best = [1 + sum(both[at + 1 :]) if count else 0 for at, count in enumerate(both)]
    found = {"edges": edges, "kept": kept, "removed": removed, "best": best}
    return view(plot=Plotted("histogram", {name: array("f", values).tobytes() for name, values in found.items()}))


def drawn(viewed: Viewed, width: int = 60, height: int = 12) -> list[str]:
    return ["".join(text for _, text in line) for line in Histogram().draw(viewed, Size(width, height))]


@pytest.mark.parametrize("size", [(60, 12), (16, 4), (118, 30), (40, 8)])
@pytest.mark.parametrize("bins", [1, 11, 54, 99, 113])
def test_it_has_exactly_its_size_whatever_it_was_asked_for(size, bins):
    lines = drawn(counted([3.0, *[2.0] * bins, 1.0], [0.0, *[5.0] * bins, 0.0]), *size)
    assert [len(line) for line in lines] == [size[0]] * size[1]


def test_a_bar_is_the_logarithm_of_its_count_and_one_candidate_can_be_seen():
    lines = drawn(counted([0, 1, 0, 10, 1000, 0], [0] * 6), LEFT + 4, 13)[1:-2]
    heights = [sum(line[LEFT + column] != " " for line in lines) for column in range(4)]
    assert heights == [1, 0, 4, 10]
    assert [line[:LEFT] for line in lines if line[LEFT - 1] == "┤"] == ["   1k┤", "  100┤", "   10┤", "    1┤"]


def test_kept_ones_are_under_removed_ones_and_what_is_below_is_told():
    viewed = counted([2, 10, 0, 1, 0], [5, 90, 7, 0, 3])
    rows = Histogram().draw(viewed, Size(LEFT + 3, 13))[1:-2]
    columns = [[colour for colour, text in row[1:] for _ in text] for row in rows]
    assert [row[0] for row in columns] == ["removed"] * 4 + ["live"] * 6
    assert {row[1] for row in columns[:-1]} == {"removed"}
    assert columns[-1][2] == "live"
    assert Histogram().legend(viewed, 60).plain == "█ kept  ⣿ removed  7 below  3 above"


def test_kept_and_removed_ones_differ_without_colours_and_tops_have_fractions_of_a_cell():
    kept, removed = [0, 10, 300, 0, 0, 0], [0, 90, 0, 500, 2, 0]
    lines = drawn(counted(kept, removed), LEFT + 4, 13)[1:-2]
    columns = ["".join(line[LEFT + column] for line in reversed(lines)).rstrip() for column in range(4)]
    assert [set(column[:-1]) for column in columns] == [{"█", "⣿"}, {"█"}, {"⣿"}, {"⣿"}]
    eighths = [CountAxis.of(500, 10).eighths(count) % 8 or 8 for count in (300, 500, 2)]
    assert [column[-1] for column in columns][1:] == [
        "▁▂▃▄▅▆▇█"[eighths[0] - 1],
        *("⣀⣀⣤⣤⣶⣶⣿⣿"[e - 1] for e in eighths[1:]),
    ]
    assert columns[0].lstrip("█").strip("⣿") == ""


def test_where_bins_are_finer_than_columns_a_column_shows_the_highest_of_its_bins():
    counts = [0, *([1] * 49), 1000, *([1] * 49), 0]
    lines = drawn(counted(counts, [0] * 101), LEFT + 30, 13)[1:-2]
    heights = [sum(line[LEFT + column] != " " for line in lines) for column in range(30)]
    assert (heights.count(1), heights.count(10)) == (29, 1)
    bins = Bins.of(counted(counts, [0] * 101).plot)
    assert sorted(at for column in range(30) for at in bins.in_column(column, 30)) == list(range(99))
    assert heights[bins.column(49, 30)] == 10


def test_both_axes_have_titles_and_ticks_on_their_bins():
    for width in (40, 66, 118):
        lines = drawn(counted([0.0] * (width - LEFT + 2), [0.0, *[3.0] * (width - LEFT), 0.0]), width, 14)
        assert lines[0].split() == ["candidates"]
        assert "probability" in lines[-2]
        for power in (-10, -4, 0):
            tick = LEFT + min(width - LEFT - 1, (width - LEFT) * (power + 10) // 10)
            assert lines[-2][tick] == "┬"
            assert (f"1e{power}" if power else "1") in lines[-1][max(0, tick - 3) : tick + 5]
    low = drawn(counted([0.0, 3.0, 0.0], [0.0] * 3), 40, 8)
    assert "candidates" not in low[0] and low[-1].startswith("prob. 1e-10")


async def test_its_key_shows_it_and_shows_a_hidden_plot(start):
    async with start() as bed:
        await bed.press("V")
        await bed.until(lambda: "⣿ removed" in screen_text(bed.app))
        await bed.press(*["V"] * (len(PLOTS) - 1), "v", "V")
        await bed.until(lambda: "⣿ removed" in screen_text(bed.app))


# Ranges


@pytest.mark.parametrize("ends", [(-10.0, -1.0), (-2.5, -1.5), (-6.25, -3.75), (-40.0, 0.0), (-9.3, -6.1)])
@pytest.mark.parametrize("width", [40, 60, 118])
def test_every_tick_of_a_part_of_the_axis_lies_on_its_probability(ends, width):
    columns = width - LEFT
    line, labels = drawn(counted([0.0, *[3.0] * columns, 0.0], [0.0] * (columns + 2), ends), width, 14)[-2:]
    ticks = [at - LEFT for at, cell in enumerate(line) if cell == "┬"]
    texts = labels.split()
    assert len(texts) == len(ticks) >= 2
    for at, text in zip(ticks, texts, strict=True):
        share = (math.log10(float(text)) - ends[0]) / (ends[1] - ends[0])
        assert at == min(math.floor(columns * share + 1e-6), columns - 1)


def test_zoom_and_pan_move_the_edges_that_are_asked_for_and_stay_inside():
    viewed, plot = view(), Histogram()
    assert plot.moved("in", viewed).request(SIZE) == PlotRequest("histogram", 54, powers=(-7.5, -2.5))
    assert plot.moved("in", viewed).moved("right", viewed).powers == (-6.25, -1.25)
    assert replace(plot, cursor=-4.0).moved("in", viewed) == Histogram((-7.0, -2.0), cursor=-4.0)
    assert Histogram((-7.0, -2.0), cursor=-2.0).moved("left", viewed).cursor == -3.25  # it stays in sight
    for move, ends in (("in", (-5.5, -4.5)), ("out", (-40.0, 0.0)), ("left", (-40.0, -30.0)), ("right", (-10.0, 0.0))):
        moved = plot
        for _ in range(60):
            moved = moved.moved(move, viewed)
        assert moved.powers == pytest.approx(ends)
    assert plot.moved("out", viewed).moved("left", viewed).moved("whole", viewed) == plot


def test_the_posts_view_asks_for_the_posts_bins_and_a_zoom_leaves_it():
    post = Histogram().moved("view", view())
    assert post.request(SIZE) == PlotRequest("histogram", 99, powers=(-10.0, -1.0), post=True)
    assert post.title.endswith(", the post's view")
    assert post.moved("view", view()) == Histogram()
    assert not post.moved("in", view()).post
