"""The cumulative plot: lines where the cuts are, labels that never collide, the theme's colours at once."""

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.handmade import settings, view
from tests.panes import Pane
from tui.protocol import Cut, PlotRequest, Viewed
from tui.widgets.cuts import cut_marks
from tui.widgets.plots import PLOTS
from tui.widgets.plots.cumulative_figure import LEFT, Curves, Figure, draw, threshold, threshold_texts
from tui.widgets.plots.labels import GAP, Label, place, place_more, place_on_line
from tui.widgets.plots.pane import PlotPane


def figure(viewed: Viewed, width: int = 60, height: int = 12) -> Figure:
    return Figure(width, height, viewed.vocabulary, Curves.of(viewed.plot), cut_marks(viewed))


def drawn(viewed: Viewed, width: int = 60, height: int = 12) -> list[str]:
    return ["".join(text for _, text in line) for line in draw(figure(viewed, width, height))]


def coloured(pane: PlotPane, characters: str) -> set[str]:
    """The colours in which these characters are drawn."""
    segments = [segment for y in range(pane.size.height) for segment in pane.render_line(y)]
    return {segment.style.color.name for segment in segments if set(segment.text) & set(characters)}


# Positions


@pytest.mark.parametrize("size", [(60, 12), (40, 8), (118, 30), (20, 5)])
def test_the_figure_has_exactly_its_size(size):
    lines = drawn(view(50_257, top_k=50, top_p=0.9, temperature=0.7), *size)
    assert len(lines) == size[1]
    assert {len(line) for line in lines} == {size[0]}


@pytest.mark.parametrize("width", range(40, 110, 7))
@pytest.mark.parametrize("left", [1, 2, 7, 50, 999, 50_256])
def test_a_cut_is_a_line_at_the_last_rank_it_leaves_with_its_label_over_it(width, left):
    viewed = view(50_257, cuts=[Cut("top_k", left, left, 0.5)], top_k=left)
    lines = drawn(viewed, width)
    column = LEFT + figure(viewed, width).column(left)
    canvas = [line[column] for line in lines[1:-2]]
    assert canvas.count("│") >= len(canvas) - 2  # the curve may cross it
    label = f"k={left:,}"
    assert lines[0].strip() == label
    assert lines[0].index(label) - 1 <= column <= lines[0].index(label) + len(label)
    assert sum(line.count("│") for line in lines[1:-2]) - canvas.count("│") <= len(canvas)  # none but the axis


def test_left_is_a_whole_line_and_alone_a_broken_one():
    viewed = view(50_257, top_k=50, top_p=0.9, temperature=0.7)
    top_p = viewed.cuts[1]
    assert top_p.alone != top_p.left
    lines = drawn(viewed, 100, 16)
    at = figure(viewed, 100, 16)
    assert sum(line[LEFT + at.column(top_p.left)] == "│" for line in lines) > 8
    assert sum(line[LEFT + at.column(top_p.alone)] == "┊" for line in lines) > 8
    assert "p alone" in lines[0]


def test_the_curve_passes_through_the_cumulative_probabilities():
    viewed = view(1000, temperature=0.7)
    lines = drawn(viewed, 80, 23)[1:-2][::-1]
    at = figure(viewed, 80, 23)
    for rank in (1, 10, 100, 1000):
        total = sum(row.tempered for row in view(1000, temperature=0.7, window=(0, rank)).candidates)
        column = LEFT + at.column(rank)
        heights = [y for y, line in enumerate(lines) if "\u2800" < line[column] <= "\u28ff"]
        assert any(abs(y - at.row(total)) <= 1 for y in heights)


def test_raw_is_dots_and_not_drawn_where_it_is_the_same():
    assert any("·" in line for line in drawn(view(500, temperature=0.5)))
    assert not any("·" in line for line in drawn(view(500)))


def test_ranks_are_on_a_logarithmic_axis_with_its_powers_named():
    assert drawn(view(50_257))[-1].split() == ["1", "10", "100", "1k", "10k"]
    assert drawn(view(5))[-1].split() == ["1"]


def test_heights_are_named_by_hand_and_never_overwrite_each_other():
    named = [line[:4] for line in drawn(view(500)) if line[:1] in "01"]
    assert named == ["1.00", "0.75", "0.50", "0.25", "0.00"]
    assert [line[:4] for line in drawn(view(500), 40, 8) if line[:1] in "01"] == ["1.00", "0.50", "0.00"]


# Top-p's threshold


def test_top_p_alone_stands_at_p():
    top_p = cut_marks(view(500, top_p=0.9))[0]
    assert (threshold(top_p), threshold_texts(top_p)) == (0.9, ["0.90"])


def test_after_top_k_it_stands_at_p_of_what_top_k_left_and_says_so():
    cuts = [Cut("top_k", 50, 50, 0.6), Cut("top_p", 4184, 27, 0.55)]
    viewed = view(50_257, cuts=cuts, sources=settings(top_k=50, top_p=0.9))
    top_p = cut_marks(viewed)[1]
    assert threshold(top_p) == pytest.approx(0.54)
    assert threshold_texts(top_p)[0] == "0.90 of the 0.60 that top-k left"
    lines = drawn(viewed, 118, 13)
    row = 13 - 3 - figure(viewed, 118, 13).row(0.54)
    assert "╌" in lines[row]
    assert " 0.90 of the 0.60 that top-k left " in lines[row]
    assert " 0.90 of 0.60 " in drawn(viewed, 80, 13)[row]
    assert any(" 0.90 " in line for line in drawn(viewed, 40, 8))


def test_a_cut_that_is_no_prefix_gets_no_line():
    viewed = view(500, cuts=[Cut("typical_p", 40, 40, 0.5)], sources=settings(typical_p=0.2))
    lines = drawn(viewed)
    assert lines[0].strip() == ""
    assert all(line.count("│") <= 1 for line in lines)


# Labels


@given(st.lists(st.tuples(st.integers(0, 59), st.integers(3, 12)), max_size=9))
def test_labels_never_collide_and_stay_inside(wanted):
    labels = [Label(column, "x" * length) for column, length in wanted]
    placed = place(labels, 60)
    more = place_more(labels, placed, 60)
    taken = sorted([*placed, *more])
    assert all(one.start >= 0 and one.end <= 60 for one in taken)
    assert all(left.end + GAP <= right.start for left, right in pairwise(taken))
    assert len(placed) >= bool(labels)


def test_labels_side_by_side_are_in_the_order_of_their_lines():
    assert [one.text for one in place([Label(19, "k=50"), Label(17, "p=0.90")], 60)] == ["p=0.90 k=50"]


def test_a_label_on_a_line_keeps_clear_of_what_crosses_it():
    assert place_on_line(["long words", "short"], {8, 30}, 40) == (9, " long words ")
    assert place_on_line(["long words", "short"], {8, 18}, 20) == (0, " short ")
    assert place_on_line(["long words"], {8, 18}, 20) is None


# Series


def test_curves_are_little_endian_whatever_the_machine(monkeypatch):
    made = view(500, temperature=0.5, width=20).plot
    ranks, values = list(Curves.of(made).ranks), list(Curves.of(made).tempered)
    assert (ranks[0], ranks[-1]) == (1, 500)
    assert values[-1] == pytest.approx(1.0)
    monkeypatch.setattr(sys, "byteorder", "big" if sys.byteorder == "little" else "little")
    assert list(Curves.of(made).ranks) != ranks


# The widget


async def test_it_draws_again_and_again_and_follows_the_theme_at_once():
    pane = Pane(PlotPane())
    async with pane.run_test(size=(60, 12)) as pilot:
        for temperature in (0.5, 0.9, 1.0):
            pane.pane.viewed = view(500, temperature=temperature, top_p=0.9)
            await pilot.pause()
            assert "p=0.90" in pane.lines()[0]
        dark = coloured(pane.pane, "⣀⠤⠒⠉")
        pane.theme = "samplescope-light"
        await pilot.pause()
        light = coloured(pane.pane, "⣀⠤⠒⠉")
        assert (dark, light) == ({"#37d6dd"}, {"#006b81"})
        pane.theme = "samplescope-terminal"
        await pilot.pause()
        assert coloured(pane.pane, "⣀⠤⠒⠉") == {"color(6)"}


async def test_it_asks_for_two_points_a_column_and_again_when_its_width_changes():
    pane = Pane(PlotPane())
    async with pane.run_test(size=(60, 12)) as pilot:
        assert pane.pane.request == PlotRequest("cumulative", width=2 * 55, scale="log", low=1, high=0)
        await pilot.resize_terminal(100, 12)
        await pilot.pause()
        await pilot.resize_terminal(100, 20)
        await pilot.pause()
        assert len(pane.of(PlotPane.RequestChanged)) == 2
        assert pane.pane.request.width == 190


@pytest.mark.parametrize("size", [(1, 1), (3, 1), (15, 3), (16, 4), (200, 60)])
@pytest.mark.parametrize("vocabulary", [1, 2, 262_144])
async def test_no_size_and_no_vocabulary_is_too_small(size, vocabulary):
    pane = Pane(PlotPane())
    async with pane.run_test(size=size) as pilot:
        small = view(min(vocabulary, 300), top_p=0.9)
        pane.pane.viewed = small
        await pilot.pause()
        assert len(pane.lines()) == size[1]


async def test_with_nothing_to_show_it_says_what_to_press():
    pane = Pane(PlotPane())
    async with pane.run_test(size=(40, 8)) as pilot:
        pane.pane.placeholder = "Press ctrl+enter to submit the prompt."
        await pilot.pause()
        assert any("Press ctrl+enter to submit the" in line for line in pane.lines())


async def test_each_plot_in_turn_is_asked_for_named_and_explained_and_nothing_is_drawn_before_its_answer():
    pane = Pane(PlotPane())
    async with pane.run_test(size=(60, 12)) as pilot:
        pane.pane.viewed = view(500)
        for plot in (*PLOTS[1:], PLOTS[0]):
            pane.pane.next_plot()
            await pilot.pause()
            assert pane.of(PlotPane.RequestChanged)[-1].pane.request.id == plot.id
            assert pane.pane.border_title == plot.title
            assert (pane.lines()[1].strip() == "") is (plot.id != "cumulative")


def test_plotext_is_not_imported_before_the_first_figure():
    code = "import sys, tui.widgets.plots.pane, tui.widgets.plots.cumulative_figure; sys.exit('plotext' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
