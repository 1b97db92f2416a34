"""The cumulative plot: every line and mark in the cell of its number, every line with its label, kept and removed."""

import random
import subprocess
import sys

import pytest
from textual.geometry import Size

from tests.handmade import settings, view
from tests.panes import Pane
from tests.ui.conftest import screen_text
from tui.protocol import Candidate, Cut, PlotRequest, Viewed
from tui.widgets.plots import PLOTS
from tui.widgets.plots.cumulative import Cumulative
from tui.widgets.plots.cumulative_figure import Figure, draw
from tui.widgets.plots.curves import Curve
from tui.widgets.plots.frame import LEFT
from tui.widgets.plots.pane import PlotPane
from tui.widgets.plots.plot import Run

SIZES = [(60, 12), (40, 8), (118, 30), (20, 5), (16, 4), (194, 40)]
KEPT_DOTS = "⠶⣤⠛"
"""Two dots high."""


def figure(viewed: Viewed, width: int = 60, height: int = 12) -> Figure:
    return Figure.of(viewed, Size(width, height))


def runs(viewed: Viewed, width: int = 60, height: int = 12) -> list[list[Run]]:
    return draw(figure(viewed, width, height))


def drawn(viewed: Viewed, width: int = 60, height: int = 12) -> list[str]:
    return ["".join(text for _, text in line) for line in runs(viewed, width, height)]


def canvas(viewed: Viewed, width: int = 60, height: int = 12) -> list[list[tuple[str, str]]]:
    """The canvas's rows from the bottom, each cell with its colour."""
    at = figure(viewed, width, height)
    rows = [[(colour, cell) for colour, text in line for cell in text][LEFT:] for line in draw(at)]
    return rows[1 : 1 + at.rows][::-1]


def column(cells: list[list[tuple[str, str]]], at: int) -> str:
    """One column of a canvas from the bottom."""
    return "".join(row[at][1] for row in cells)


def columns_of(cells: list[list[tuple[str, str]]], character: str) -> set[int]:
    """The columns in which a character stands on more than half of the rows."""
    found = (sum(row[at][1] == character for row in cells) for at in range(len(cells[0])))
    return {at for at, count in enumerate(found) if 2 * count > len(cells)}


def is_braille(cell: str) -> bool:
    return "\u2800" < cell <= "\u28ff"


def dots_high(cells: list[list[tuple[str, str]]], at: int) -> int:
    """How many dots the left half of a column has."""
    return sum((ord(cell) - 0x2800 & 0x47).bit_count() for cell in column(cells, at) if is_braille(cell))


def one(rank: int, viewed: Viewed) -> Candidate:
    """The candidate of a rank."""
    return view(viewed.vocabulary, window=(rank - 1, 1)).candidates[0]


def coloured(pane: PlotPane, characters: str) -> set[str]:
    """The colours in which these characters are drawn."""
    segments = [segment for y in range(pane.size.height) for segment in pane.render_line(y)]
    return {segment.style.color.name for segment in segments if set(segment.text) & set(characters)}


def chances(count: int) -> list[tuple[Viewed, int, int]]:
    """Views under settings by chance, each with a size."""
    chance = random.Random(7)
    return [
        (
            view(
                chance.choice([5, 62, 500, 8192]), temperature=chance.uniform(0.3, 2.5), top_k=chance.choice([0, 7]),
                top_p=chance.choice([1.0, chance.uniform(0.05, 0.99)]), min_p=chance.choice([0.0, 0.01, 0.2]),
                power=chance.uniform(0.8, 4.0), width=200,
            ),
            chance.randint(16, 130), chance.randint(4, 45),
        )
        for _ in range(count)
    ]  # fmt: skip


# Positions


@pytest.mark.parametrize("size", SIZES)
def test_the_figure_has_exactly_its_size(size):
    lines = drawn(view(50_257, top_k=50, top_p=0.9, temperature=0.7), *size)
    assert len(lines) == size[1]
    assert {len(line) for line in lines} == {size[0]}


def test_every_cut_is_a_line_in_the_column_of_the_last_rank_it_leaves_with_a_label_that_touches_it():
    for viewed, width, height in chances(50):
        at, cells = figure(viewed, width, height), canvas(viewed, width, height)
        labels = drawn(viewed, width, height)[0][LEFT:]
        before, expected = viewed.vocabulary, set()
        for cut in viewed.cuts:
            if cut.left < before:
                expected.add(at.ranks.column(cut.left))
            before = cut.left
        lines = columns_of(cells, "│")
        assert lines <= expected
        assert lines == expected or width < 60  # only in a narrow one is a cut of less importance left out
        assert (at.ranks.column(viewed.kept) in lines) is (viewed.kept < viewed.vocabulary)
        for line in lines | columns_of(cells, "┊"):
            assert labels[max(0, line - 1) : line + 2].strip()


@pytest.mark.parametrize("width", range(40, 110, 7))
@pytest.mark.parametrize("left", [1, 2, 7, 50, 999, 50_256])
def test_a_line_goes_over_the_whole_canvas_also_where_it_crosses_the_curve(width, left):
    viewed = view(50_257, cuts=[Cut("top_k", left, left, 0.5)], top_k=left)
    cells = canvas(viewed, width)
    at = figure(viewed, width).ranks.column(left)
    assert set(column(cells, at)) == {"│"}
    assert columns_of(cells, "│") == {at}
    assert f"top-k {left:,}" in drawn(viewed, width)[0]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("power", [0.9, 2.0, 5.0])
def test_both_curves_pass_through_their_probabilities(size, power):
    viewed = view(1000, temperature=0.6, power=power)
    at, cells = figure(viewed, *size), canvas(viewed, *size)
    for rank in (1, 2, 5, 10, 100, 1000):
        sums = view(1000, temperature=0.6, power=power, window=(0, rank)).candidates
        column_at = at.ranks.column(rank)
        for total in (sum(row.tempered for row in sums), sum(row.raw for row in sums)):
            near = range(at.shares.row(total) - 1, at.shares.row(total) + 2)
            assert any(0 <= y < at.rows and is_braille(cells[y][column_at][1]) for y in near)


def test_the_raw_curve_is_dots_of_its_own_colour_and_not_drawn_where_it_is_the_same():
    raw = {
        cell for row in canvas(view(500, temperature=0.5)) for colour, cell in row if colour == "raw" and cell != " "
    }
    assert raw and all(not (ord(cell) - 0x2800) & 0xB8 for cell in raw)
    assert all(colour != "raw" for row in canvas(view(500)) for colour, _ in row)


@pytest.mark.parametrize("height", range(4, 50))
@pytest.mark.parametrize("start", [0.05, 0.6, 0.97])
def test_the_curve_s_end_lies_on_the_row_of_the_tick_of_1(height, start):
    viewed = view(logits=[0.0, *[-1.0 - 9 * start] * 9], width=100)
    lines = drawn(viewed, 60, height)
    assert is_braille(next(line for line in lines if "1.00" in line)[-1])


@pytest.mark.parametrize("width", range(16, 60))
def test_where_there_is_no_room_for_all_labels_the_cut_that_decides_has_one_and_no_line_is_without(width):
    cuts = [Cut("top_k", 50, 50, 0.6), Cut("top_p", 60, 27, 0.55), Cut("min_p", 55, 25, 0.5)]
    viewed = view(500, cuts=cuts, sources=settings(top_k=50, top_p=0.9, min_p=0.01), kept=25)
    cells, at, labels = canvas(viewed, width), figure(viewed, width).ranks, drawn(viewed, width)[0]
    assert "25" in labels and at.column(25) in columns_of(cells, "│")
    words = {"k 50": 50, "top-k 50": 50, "27": 27, "25": 25, "alone 60": 60, "alone 55": 55}
    named = {at.column(rank) for word, rank in words.items() if word in labels}
    assert columns_of(cells, "│") | columns_of(cells, "┊") == named


# Kept and removed


@pytest.mark.parametrize("size", SIZES)
def test_the_kept_part_is_thick_and_in_the_accent_the_rest_thin_and_grey(size):
    viewed = view(50_257, top_k=50, power=1.3)
    cells, cut = canvas(viewed, *size), figure(viewed, *size).ranks.column(50)
    dots = {(colour, at) for row in cells for at, (colour, cell) in enumerate(row) if is_braille(cell)}
    assert {at for colour, at in dots if colour == "live"} == set(range(cut))
    assert {at for colour, at in dots if colour == "removed"} == set(range(cut + 1, len(cells[0])))
    assert all(dots_high(cells, at) > 1 for at in range(cut))
    rest = [dots_high(cells, at) for at in range(len(cells[0]) * 4 // 5, len(cells[0]))]
    assert sum(rest) < 1.5 * len(rest)


def test_a_kept_set_that_is_no_prefix_is_not_drawn_as_one():
    viewed = view(500, cuts=[Cut("typical_p", 40, 40, 0.5)], sources=settings(typical_p=0.2), kept=40)
    cells = canvas(viewed)
    assert not columns_of(cells, "│") and drawn(viewed)[0].split() == ["cumul"]
    assert {colour for row in cells for colour, cell in row if is_braille(cell)} == {"live"}
    assert "kept" not in Cumulative().legend(viewed, 80).plain


# Top-p's threshold, and the marks on the curve


def test_the_threshold_is_a_line_on_its_row_with_its_value_at_the_right_end():
    viewed = view(500, top_p=0.6)
    line = drawn(viewed, 80, 14)[-3 - figure(viewed, 80, 14).shares.row(0.6)]
    assert "╌" in line and line.endswith(" p 0.60")


def test_after_top_k_it_stands_at_p_of_what_top_k_left_and_says_so():
    cuts = [Cut("top_k", 50, 50, 0.6), Cut("top_p", 4184, 27, 0.55)]
    viewed = view(50_257, cuts=cuts, sources=settings(top_k=50, top_p=0.9), kept=27)
    row = -3 - figure(viewed, 118, 13).shares.row(0.54)
    assert " p 0.90 × 0.60 = 0.54" in drawn(viewed, 118, 13)[row]
    assert " p 0.90 of the 0.60 that top-k left: 0.54" in drawn(viewed, 160, 13)[row]
    assert any(" 0.90 × 0.60" in line for line in drawn(viewed, 45, 8))


def test_its_crossing_with_the_curve_is_marked_where_top_p_cuts():
    for viewed, width, height in chances(50):
        if len(viewed.cuts) != 1 or viewed.cuts[0].stage != "top_p":
            continue
        at, cells = figure(viewed, width, height), canvas(viewed, width, height)
        marks = [(x, y) for y, row in enumerate(cells) for x, (_, cell) in enumerate(row) if cell == "◆"]
        if viewed.kept == 1:
            assert marks == []  # the curve begins above the threshold
        else:
            ((x, y),) = marks
            assert at.ranks.column(viewed.kept - 1) <= x <= at.ranks.column(viewed.kept)
            assert y == at.shares.row(at.thresholds[0][0].value)


@pytest.mark.parametrize("rank", [1, 3, 40, 200])
def test_the_seed_s_token_and_the_branch_s_are_marked_on_the_curve(rank):
    plain = view(500, temperature=0.8)
    would, followed = one(rank, plain), one(rank + 150, plain)
    viewed = view(500, temperature=0.8, would=would, would_draw=would.token, followed=followed)
    at, cells = figure(viewed, 80, 20), canvas(viewed, 80, 20)
    for mark, which in (("▸", rank), ("•", rank + 150)):
        total = sum(row.tempered for row in view(500, temperature=0.8, window=(0, which)).candidates)
        assert cells[at.shares.row(total)][at.ranks.column(which)][1] == mark
    assert Cumulative().legend(viewed, 80).plain.endswith("▸ this seed  • drawn")


def test_one_mark_stands_for_both_tokens_if_they_are_the_same():
    would = one(3, view(500))
    viewed = view(500, would=would, would_draw=would.token, followed=would)
    cells = "".join(cell for row in canvas(viewed) for _, cell in row)
    assert ("▸" in cells, "•" in cells) == (True, False)
    assert "▸ this seed, drawn" in Cumulative().legend(viewed, 80).plain


def test_a_token_without_a_rank_has_no_mark():
    unseen = one(3, view(500))
    viewed = view(500, followed=Candidate(0, 7, b"x", False, *[float("nan")] * 5, ""), would=unseen, would_draw=2)
    assert "•" not in "".join(drawn(viewed)) + Cumulative().legend(viewed, 80).plain


def test_the_legend_names_what_is_drawn_as_far_as_it_fits():
    viewed = view(500, temperature=0.5, top_k=20)
    assert Cumulative().legend(viewed, 80).plain == "━ kept  ─ removed  ┈ raw"
    assert Cumulative().legend(viewed, 20).plain == "━ kept  ─ removed"
    assert Cumulative().legend(view(500), 80).plain == "━ raw = tempered"


def test_the_help_explains_every_sign_of_the_picture():
    cuts = [Cut("top_k", 50, 50, 0.6), Cut("top_p", 300, 27, 0.55)]
    viewed = view(
        500, temperature=0.7, cuts=cuts, sources=settings(top_k=50, top_p=0.9), kept=27, would=one(2, view(500)),
        followed=one(90, view(500)),
    )  # fmt: skip
    signs = {cell for row in canvas(viewed, 100, 20) for _, cell in row if not is_braille(cell) and not cell.isalnum()}
    assert {"│", "┊", "╌", "◆", "▸", "•"} <= signs
    assert all(f"`{sign}`" in Cumulative.help for sign in signs & set("│┊╌◆▸•"))


@pytest.mark.parametrize("scale", [0.1, 30.0])
def test_hostile_numbers_are_drawn_inside_the_figure(scale):
    made = view(500, temperature=0.5)
    nan = float("nan")
    curves = {"ranks": [1.0, nan, 3.0, 1e9], "raw": [nan] * 4, "tempered": [-scale, 0.3, scale, nan]}
    from array import array

    plot = type(made.plot)("cumulative", {name: array("f", values).tobytes() for name, values in curves.items()})
    assert {len(line) for line in drawn(view(500, plot=plot, would=one(400, made), top_p=0.9))} == {60}


# Series


def test_curves_are_little_endian_whatever_the_machine(monkeypatch):
    made = view(500, temperature=0.5, width=20).plot
    curve = Curve.of(made, "tempered")
    assert (curve.ranks[0], curve.ranks[-1]) == (1, 500)
    assert curve.values[-1] == pytest.approx(1.0)
    monkeypatch.setattr(sys, "byteorder", "big" if sys.byteorder == "little" else "little")
    assert Curve.of(made, "tempered").ranks != curve.ranks


# The widget


async def test_it_draws_again_and_again_and_follows_the_theme_at_once():
    pane = Pane(PlotPane())
    async with pane.run_test(size=(60, 12)) as pilot:
        for temperature in (0.5, 0.9, 1.0):
            pane.pane.viewed = view(500, temperature=temperature, top_p=0.9)
            await pilot.pause()
            assert "left by top-p 0.90" in pane.lines()[0]
        dark = coloured(pane.pane, KEPT_DOTS)
        pane.theme = "samplescope-light"
        await pilot.pause()
        light = coloured(pane.pane, KEPT_DOTS)
        assert (dark, light) == ({"#37d6dd"}, {"#006b81"})
        pane.theme = "samplescope-terminal"
        await pilot.pause()
        assert coloured(pane.pane, KEPT_DOTS) == {"color(6)"}


async def test_it_asks_for_two_points_a_column_and_again_when_its_width_changes():
    pane = Pane(PlotPane())
    async with pane.run_test(size=(60, 12)) as pilot:
        assert pane.pane.request == PlotRequest("cumulative", width=2 * 54, scale="log", low=1, high=0)
        await pilot.resize_terminal(100, 12)
        await pilot.pause()
        await pilot.resize_terminal(100, 20)
        await pilot.pause()
        assert len(pane.of(PlotPane.RequestChanged)) == 2
        assert pane.pane.request.width == 188


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
            if plot.request(Size(60, 12)) is not None:
                assert pane.of(PlotPane.RequestChanged)[-1].pane.request.id == plot.id
            assert str(pane.pane.border_title).startswith(plot.title)
            assert (pane.lines()[1].strip() == "") is (plot.id != "cumulative")


async def test_the_token_the_branch_goes_on_with_is_marked_once_the_cursor_goes_back(start):
    async with start() as bed:
        await bed.press("n", "n", "left", "s")
        assert bed.viewed.followed.token == bed.branch[-1].token
        assert (bed.viewed.followed.token == bed.viewed.would_draw) is ("this seed, drawn" in screen_text(bed.app))
        await bed.until(lambda: "drawn ─╯" in screen_text(bed.app))
        await bed.press("right")
        assert bed.viewed.followed is None
        assert "drawn ─╯" not in screen_text(bed.app)


def test_plotext_is_not_imported_before_the_first_figure():
    code = "import sys, tui.widgets.plots.pane, tui.widgets.plots.cumulative_figure; sys.exit('plotext' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
