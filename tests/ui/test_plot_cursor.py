"""The cursor of the plots: where it stops, what is read there, and its candidate in the list."""

import random
import threading
from dataclasses import replace
from itertools import pairwise

import pytest
from textual.geometry import Size

from tests.explorer import vocabulary
from tests.handmade import view
from tests.panes import Pane
from tests.ui.conftest import SMALL, WIDE, Recorded, screen_text
from tests.ui.test_histogram import counted
from tests.ui.test_temperature_plot import tempered
from tui.explorer import requests
from tui.protocol import Candidate, Span
from tui.widgets.numbers import percent
from tui.widgets.plots.bins import Bins
from tui.widgets.plots.cumulative import Cumulative
from tui.widgets.plots.cursor import CURSOR, Pointing
from tui.widgets.plots.frame import LEFT
from tui.widgets.plots.histogram import Histogram
from tui.widgets.plots.pane import PlotPane
from tui.widgets.plots.ranges import POST, RankRange
from tui.widgets.plots.temperature import Temperature

SIZES = [Size(60, 12), Size(40, 8), Size(118, 30), Size(16, 4)]
RANGES = [RankRange(), RankRange("linear"), RankRange("log", 20, 200), RankRange("linear", 20, 200), POST]


def canvas(plot, viewed, size):
    return ["".join(text for _, text in line)[LEFT:] for line in plot.draw(viewed, size)]


def line_of(plot, viewed, size):
    """The column of the cursor's line."""
    found = {row.index(CURSOR) for row in canvas(plot, viewed, size) if CURSOR in row}
    assert len(found) == 1
    return found.pop()


def by_chance(bins):
    """Counts by chance, the kept ones in the upper half; one candidate is above all bins."""
    chance = random.Random(5)
    counts = [chance.choice([0, 1, 3, 200]) for _ in range(bins)]
    half = bins // 2
    return counted([0, *[0] * half, *counts[half:], 1], [2, *counts[:half], *[0] * (bins - half), 0])


def walk(plot, viewed, size, by):
    """The plot after one move after the other, until the cursor stays."""
    seen = [plot]
    while (moved := seen[-1].point(by, viewed, size)) != seen[-1]:
        seen.append(moved)
    return seen[1:]


# Where it stops


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ranks", RANGES)
def test_on_the_cumulative_plot_it_goes_through_all_columns_that_have_a_rank_and_back(size, ranks):
    viewed = view(500, top_k=50, top_p=0.9, width=2 * (size.width - LEFT))
    plot = Cumulative(ranks)
    axis = ranks.axis(size.width - LEFT, 500)
    first = walk(plot.point(1, viewed, size), viewed, size, -1) or [plot.point(1, viewed, size)]
    seen = [first[-1], *walk(first[-1], viewed, size, 1)]
    columns = [axis.column(one.cursor) for one in seen]
    assert columns == sorted(set(columns))
    assert columns == [line_of(one, viewed, size) for one in seen]
    ranks_there = [*plot_ranks(viewed), *(cut.left for cut in viewed.cuts)]
    known = {axis.column(rank) for rank in ranks_there if axis.low <= rank <= axis.high}
    assert set(columns) == known
    back = [seen[-1], *walk(seen[-1], viewed, size, -1)]
    assert [one.cursor for one in back] == [one.cursor for one in seen][::-1]


def plot_ranks(viewed):
    from tui.widgets.plots.series import series

    return [int(rank) for rank in series(viewed.plot, "ranks")]


@pytest.mark.parametrize("kept", [3, 27, 50, 311])
def test_it_first_stands_at_the_last_kept_rank_and_stops_at_every_cut(kept):
    viewed = view(500, top_k=kept, width=100)
    at = Cumulative().point(1, viewed, SIZES[0])
    assert at.cursor == kept
    assert at.point(1, viewed, SIZES[0]).cursor > kept > at.point(-1, viewed, SIZES[0]).cursor
    assert at.point(1, viewed, SIZES[0]).point(-1, viewed, SIZES[0]) == at
    assert at.point(0, viewed, SIZES[0]) == Cumulative()
    out_of_sight = Cumulative(RankRange("linear", 400, 450))
    assert 400 <= out_of_sight.point(1, viewed, SIZES[0]).cursor <= 450


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("post", [False, True])
def test_on_the_temperature_plot_it_goes_from_the_best_rank_to_the_last(size, post):
    viewed, plot = tempered(0.7, post=post), Temperature(linear=post, post=post)
    seen = walk(plot, viewed, size, 1)
    assert seen[0].cursor == 1
    columns = [line_of(one, viewed, size) for one in seen]
    assert all(before < after for before, after in pairwise(columns))
    assert columns[-1] == size.width - LEFT - 1


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("bins", [10, 54, 99])
def test_on_the_histogram_it_goes_bin_by_bin_from_the_best_candidates_to_both_ends(size, bins):
    viewed = by_chance(bins)
    first = Histogram().point(1, viewed, size)
    assert first.rank(viewed) == 2  # one is above all bins
    seen = [first, *walk(first, viewed, size, -1)]
    read = Bins.of(viewed.plot)
    assert [read.at(one.cursor) for one in seen] == list(range(read.at(first.cursor), -1, -1))
    columns = [line_of(one, viewed, size) for one in seen]
    assert columns == [read.column(read.at(one.cursor), size.width - LEFT) for one in seen]


@pytest.mark.parametrize("plot", [Cumulative(), Temperature()])
def test_without_a_cursor_there_is_no_line(plot):
    viewed = view(500, top_k=9) if plot == Cumulative() else tempered(0.7)
    assert CURSOR not in "".join(canvas(plot, viewed, SIZES[0]))
    assert not plot.points


# What is read there


@pytest.mark.parametrize("width", [56, 68, 74, 110])
def test_the_cumulative_plot_tells_rank_token_both_probabilities_and_what_becomes_of_it(width):
    viewed = view(500, top_k=50, top_p=0.6, temperature=0.8, window=(0, 500))
    for row in viewed.candidates[::7]:
        read = Cumulative(cursor=row.rank).reading(viewed, row, width).plain
        assert read.startswith(f"rank {row.rank}  ‹")
        assert f"  {percent(row.tempered)} %  " in read
        assert read.endswith(f" {percent(row.cumulative)} %")
        label = {"": "kept", "top_k": "top-k", "top_p": "top-p"}[row.removed_by]
        assert f"{label}  " in read
        assert len(read) <= width


def test_a_hostile_token_is_printable_and_cut_and_bounds_stand_in_the_place_of_numbers():
    viewed, nan = view(500), float("nan")
    hostile = Candidate(3, 2, b"[@click=app.exit(3)]\x1b[2J" + b"x" * 300, False, 0.0, 0.1, 0.1, 0.1, 0.4, "")
    read = Cumulative(cursor=3).reading(viewed, hostile, 110)
    assert "\x1b" not in read.plain and len(read) <= 110 and not any(span.style == "link" for span in read.spans)
    spans = (Span(0.1, 0.2), Span(0.0, 1.0), Span(0.3, 0.5))
    unsure = replace_candidate(hostile, tempered=nan, final=nan, cumulative=nan, spans=spans)
    assert "not decided  10–20 %  cumul. 30–50 %" in Cumulative(cursor=3).reading(viewed, unsure, 110).plain


def replace_candidate(candidate, **changes):
    from msgspec.structs import replace as changed

    return changed(candidate, **changes)


def test_before_its_candidate_comes_the_curve_s_own_number_is_there():
    viewed = view(500, top_k=50)
    row = view(500, window=(49, 1)).candidates[0]
    assert (
        Cumulative(cursor=50).reading(viewed, None, 68).plain == f"rank 50  …  …  …  cumul. {percent(row.cumulative)} %"
    )


@pytest.mark.parametrize("width", [56, 74, 110])
def test_the_temperature_plot_tells_the_probability_under_each_temperature(width):
    viewed = tempered(0.7)
    row = viewed.candidates[8]
    read = Temperature(cursor=9).reading(viewed, row, width).plain
    values = [percent(share) for share in under(9, (0.7, 0.5, 1.0, 2.0))]
    assert read.startswith("rank 9  ")
    if width < 72:
        assert f"T=0.70/0.5/1/2: {'/'.join(values)} %" in read
    else:
        names = ("T=0.70", "T=0.5", "T=1", "T=2")
        assert all(f"  {name} {value} %" in read for name, value in zip(names, values, strict=True))
    post = Temperature(linear=True, post=True, cursor=9)
    assert post.rank(viewed) == 0
    assert "not this step" in post.reading(viewed, None, 74).plain


def under(rank, temperatures):
    from tests.ui.test_temperature_plot import softmax

    return [softmax(300, temperature)[rank - 1] for temperature in temperatures]


def test_the_histogram_tells_edges_counts_and_the_best_candidate_of_the_bin():
    viewed = counted([0, 4, 0, 7, 0], [0, 5, 0, 1, 0], (-3.0, 0.0))
    at = Histogram((-3.0, 0.0), cursor=-2.5)
    row = view(500, window=(8, 1)).candidates[0]
    read = at.reading(viewed, row, 74).plain
    assert read == f"1.00e-3 to 1.00e-2  4 kept  5 removed  best: rank 9  ‹·{row.piece.decode().strip()}›"
    empty = Histogram((-3.0, 0.0), cursor=-1.5)
    assert empty.reading(viewed, None, 74).plain == "1.00e-2 to 1.00e-1  0 kept  0 removed"
    assert empty.rank(viewed) == 0


def test_what_is_read_has_the_same_form_before_and_after_the_candidate_comes():
    viewed = view(500, top_k=50, window=(0, 60))
    for width in (56, 68, 110):
        early = Cumulative(cursor=20).reading(viewed, None, width).plain
        late = Cumulative(cursor=20).reading(viewed, viewed.candidates[19], width).plain
        assert early.split()[:2] == late.split()[:2]
        assert early.split("  ")[-1].split()[0] == late.split("  ")[-1].split()[0]


# The pane, and the workbench


async def test_moving_it_asks_for_no_other_points_and_for_each_candidate_once():
    pane = Pane(PlotPane())
    async with pane.run_test(size=(60, 12)) as pilot:
        pane.pane.viewed = view(500, top_k=200, window=(0, 60))
        await pilot.pause()
        before = len(pane.of(PlotPane.RequestChanged))
        await pilot.press("right_curly_bracket", "ctrl+right", "left_curly_bracket", "ctrl+left")
        await pilot.pause()
        assert pane.pane.plot == Cumulative(cursor=200).point(-1, pane.pane.viewed, Size(60, 12))
        assert len(pane.of(PlotPane.RequestChanged)) == before
        assert CURSOR in "".join(pane.lines())
        await pilot.press("escape")
        assert pane.pane.plot == Cumulative()


class Large(Recorded):
    """Has more candidates than the list asks for at once; the answers to the plot's questions wait for `let`."""

    def __init__(self):
        super().__init__(vocabulary(3000))
        self.let = threading.Event()

    def view(self, request, report):
        if request.slot == "point":
            self.let.wait()
        return super().view(request, report)


@pytest.mark.parametrize("size", [WIDE, SMALL])
async def test_its_candidate_is_named_and_shown_in_the_list(start, size):
    async with start(size=size, make=Large, given={"top_k": 900}) as bed:
        bed.engine.let.set()
        await focus_plot(bed)
        await bed.press(*["right_curly_bracket"] * 3)
        plot = bed.bench.panes.plot
        row = await candidate_at(bed, plot.plot.cursor)
        assert row.rank > 900
        await bed.until(lambda: f"rank {row.rank:,}  ‹{row.piece.decode().replace(' ', '·')}›" in screen_text(bed.app))
        assert f"cut by top-k  {percent(row.tempered)} %  cumul. {percent(row.cumulative)} %" in screen_text(bed.app)
        await bed.press("enter")
        await bed.until(lambda: bed.bench.panes.candidates.highlighted == row)
        assert bed.bench.panes.candidates.display
        assert f"{row.rank} " in screen_text(bed.app)


async def focus_plot(bed):
    if not bed.bench.panes.plot.display:
        await bed.press("v")
    bed.bench.panes.plot.focus()
    await bed.until(lambda: bed.bench.panes.plot.text)


async def candidate_at(bed, rank):
    """The candidate of a rank, asked for apart."""
    found = []
    bed.explorer.engine.view(requests.scroll_view(bed.viewed, (rank - 1, 1), "test"), found.append)
    await bed.until(lambda: found)
    return found[0].candidates[0]


async def test_while_candidates_are_awaited_the_cursor_moves_and_the_newest_is_named_in_the_end(start):
    async with start(make=Large, given={"top_k": 900}) as bed:
        await focus_plot(bed)
        plot = bed.bench.panes.plot
        for _ in range(4):
            await bed.pilot.press("left_curly_bracket")
        assert plot.plot.cursor < 900
        assert f"rank {plot.plot.cursor}  …  …  …  cumul. " in screen_text(bed.app)
        bed.engine.let.set()
        row = await candidate_at(bed, plot.plot.cursor)
        await bed.until(lambda: row.piece.decode().strip() in str(plot.border_subtitle))
        asked = [view.window for view in bed.engine.viewed if view.slot == "point"]
        assert asked[-1] == (plot.plot.cursor - 1, 1) and len(asked) < 5


async def test_the_cursor_stays_at_its_rank_when_settings_change_and_its_candidate_is_told_anew(start):
    async with start(given={"top_k": 9}) as bed:
        await focus_plot(bed)
        await bed.press("right_curly_bracket")
        assert "kept" in str(bed.bench.panes.plot.border_subtitle)
        await bed.press("1", "0", "3")
        assert bed.bench.panes.plot.plot.cursor == 9
        await bed.until(lambda: "rank 9" in str(bed.bench.panes.plot.border_subtitle))


async def test_back_forward_take_and_escape_are_the_workbench_s_where_there_is_no_cursor(start):
    async with start() as bed:
        await bed.press("n", "n")
        await focus_plot(bed)
        cursor = bed.state.cursor
        await bed.press("left")
        assert bed.state.cursor != cursor
        await bed.press("right", "right_curly_bracket", "left", "right")
        assert bed.state.cursor == cursor
        await bed.press("escape")
        assert not bed.bench.panes.plot.plot.points and bed.app.screen.focused is bed.bench.panes.plot
        await bed.press("enter")
        assert "takes a token in the list" in bed.message
        await bed.press("escape")
        assert bed.app.screen.focused is bed.bench.panes.candidates


def test_each_plot_of_a_step_has_a_cursor_and_its_help_says_how_to_move_it():
    for plot in (Cumulative(), Histogram(), Temperature()):
        assert isinstance(plot, Pointing)
        assert "ctrl+→" in plot.help and f"`{CURSOR}`" in plot.help


def test_home_takes_it_away():
    viewed = view(500, top_k=9)
    assert Cumulative(cursor=5).moved("whole", viewed) == Cumulative()
    assert Temperature(cursor=5).moved("whole", viewed) == Temperature()
    assert replace(Histogram(), cursor=-3.0).moved("whole", viewed) == Histogram()
