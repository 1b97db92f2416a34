"""The plot along the text: each bar as high as its number, the token after the cursor marked, any part in sight."""

import math

import msgspec
import pytest
from textual.geometry import Size

from tests.handmade import view
from tests.panes import Pane
from tests.scripted import HOSTILE
from tests.ui.conftest import SMALL, WIDE, screen_text
from tests.ui.story_paths import path
from tui.core.story import How, Node
from tui.protocol import Entropy
from tui.widgets.plots.frame import LEFT
from tui.widgets.plots.pane import PlotPane
from tui.widgets.plots.plot import Shown
from tui.widgets.plots.text import TextPlot
from tui.widgets.plots.tokens import ALL, TokenAxis, TokenRange

BITS = TextPlot()
SIZES = [(60, 12), (16, 4), (118, 30), (40, 8), (79, 9)]


def text(count: int, cursor: int | None = None, prompt: int = 3) -> Shown:
    """A prompt, and drawn tokens; surprisal, entropy and what was kept follow from a token's number."""
    asked = path(*["p"] * prompt, how=How.PROMPT)
    drawn = [
        Node(
            number, number - 1, number - 1, number, b"t%d" % number, how=How.SAMPLED, rank=1, surprisal=number % 7.0,
            entropy=(number % 5.0) / 2, kept=number % 50 + 1, kept_mass=1 / (1 + number % 4),
        )
        for number in range(prompt + 1, prompt + count + 1)
    ]  # fmt: skip
    nodes = (*asked, *drawn)
    at = nodes[-1].id if cursor is None else cursor
    return Shown(view(at=at, entropy=Entropy(5.5, 5.0, 4.0), kept=20, kept_mass=0.25), nodes, at)


def drawn(shown: Shown, size: tuple[int, int] = (60, 12), plot: TextPlot = BITS) -> list[str]:
    data = plot.data(shown)
    assert data is not None
    return ["".join(text for _, text in line) for line in plot.draw(data, Size(*size))]


def legend(shown: Shown, plot: TextPlot = BITS, width: int = 80) -> str:
    return plot.legend(plot.data(shown), width).plain


def tops(lines: list[str], column: int) -> float:
    """In cells from the bottom: where the bar in a column ends."""
    cells = [line[LEFT + column] for line in lines[1:-2]][::-1]
    return sum(" ▁▂▃▄▅▆▇█".find(cell) / 8 for cell in cells if cell in "▁▂▃▄▅▆▇█")


def heights(lines: list[str]) -> dict[float, float]:
    """Tick → the middle of its row, in cells from the bottom."""
    rows = lines[1:-2][::-1]
    return {float(row[: LEFT - 1]): y + 0.5 for y, row in enumerate(rows) if row[: LEFT - 1].strip()}


# Values


@pytest.mark.parametrize("view_of", [1, 2])
def test_a_bar_ends_where_the_axis_has_its_number(view_of):
    shown = text(40)
    lines = drawn(shown, (LEFT + 50, 33), TextPlot(view=view_of))
    ticks = heights(lines)
    axis = TokenAxis(3, 50, 50)
    (low, bottom), (high, top) = min(ticks.items()), max(ticks.items())
    for index, node in enumerate(shown.path[3:-1], 3):
        number = node.kept if view_of == 1 else node.kept_mass
        place = (math.log10, float)[view_of - 1]
        share = (place(number) - (0 if view_of == 1 else low)) / (place(high) - (0 if view_of == 1 else low))
        assert low == (1 if view_of == 1 else 0)
        assert abs(tops(lines, axis.column(index)) - (bottom + share * (top - bottom))) < 0.2


def test_surprisal_is_a_bar_and_entropy_a_line_on_one_axis():
    shown = text(6)
    lines = TextPlot().draw(TextPlot().data(shown), Size(LEFT + 100, 41))
    plain = ["".join(part for _, part in line) for line in lines]
    ticks = heights(plain)
    (low, bottom), (high, top) = min(ticks.items()), max(ticks.items())
    live = {
        (sum(len(part) for _, part in line[:at]) + offset - LEFT, row)
        for row, line in enumerate(lines[1:-2][::-1])
        for at, (colour, part) in enumerate(line)
        if colour == "live"
        for offset, cell in enumerate(part)
        if cell != " "
    }
    axis = TokenAxis(3, 10, 100)
    for index, node in enumerate(shown.path[3:], 3):
        rows = [row for column, row in live if column == axis.column(index)]
        expected = bottom + (node.entropy - low) / (high - low) * (top - bottom)
        assert any(abs(row + 0.5 - expected) <= 1 for row in rows), index
        if node.surprisal > node.entropy + 1:
            bar = bottom + (node.surprisal - low) / (high - low) * (top - bottom)
            cells = [line[LEFT + axis.column(index)] for line in plain[1:-2][::-1]]
            filled = max(row + " ▁▂▃▄▅▆▇█".find(cell) / 8 for row, cell in enumerate(cells) if cell in "▁▂▃▄▅▆▇█")
            assert abs(filled - bar) < 0.2


def test_the_step_to_come_has_what_is_so_under_the_settings_now():
    shown = text(6)
    assert legend(shown) == "━ entropy 5.50  █ surprisal  at the step to come"
    assert legend(shown, TextPlot(1)) == "█ kept 20  at the step to come"
    assert legend(shown, TextPlot(2)) == "█ kept 25.0 %  at the step to come"
    late = shown._replace(viewed=view(at=1))
    assert legend(late, TextPlot(1)) == "█ kept  at the step to come"


def test_the_legend_tells_the_values_of_the_token_after_the_cursor():
    shown = text(6, cursor=5)
    assert legend(shown) == "━ entropy 0.50  █ surprisal 6.00  at ‹t6›"
    assert legend(shown, TextPlot(1)) == "█ kept 7  at ‹t6›"
    assert legend(shown, width=20) == "━ entropy 0.50"


@pytest.mark.parametrize("cursor", [4, 6, 9])
def test_the_token_after_the_cursor_has_a_line_and_its_number_over_its_column(cursor):
    shown = text(6, cursor=cursor)
    lines = drawn(shown)
    column = TokenAxis(3, 10, 54).column(cursor)
    assert lines[1][LEFT + column] == "│"
    start = lines[0].index(f"token {cursor + 1}")
    assert start - 1 <= LEFT + column <= start + len(f"token {cursor + 1}")


def test_a_token_of_which_nothing_is_known_leaves_a_gap():
    nodes = list(text(8).path)
    nodes[6] = Node(7, 6, 6, 7, b"old", how=How.SAMPLED, kept=5, entropy=1.0, surprisal=1.0)
    shown = Shown(view(at=1), tuple(nodes), 11)
    lines = drawn(shown, (LEFT + 10, 12), TextPlot(2))
    assert tops(lines, 3) == 0 and tops(lines, 2) > 0 and tops(lines, 4) > 0


# The part in sight


@pytest.mark.parametrize("columns", [10, 54, 188])
@pytest.mark.parametrize("length", [10, 54, 60, 500])
def test_every_token_stands_in_one_column_and_bars_leave_no_hole(columns, length):
    axis = TokenAxis(7, length, columns)
    places = [index for column in range(columns) for index in axis.indices(column)]
    assert sorted(set(places)) == list(range(7, 7 + length))
    if length > columns:
        assert places == list(range(7, 7 + length))
    assert all(index in axis.indices(axis.column(index)) for index in range(7, 7 + length))
    assert all(axis.column(index) == round(axis.dot(index)) // 2 or columns < length for index in range(7, 7 + length))


def test_a_text_longer_than_the_columns_shows_its_highest_tokens():
    nodes = list(text(600).path)
    nodes[300] = msgspec.structs.replace(nodes[300], surprisal=30.0)
    lines = drawn(Shown(view(at=1), tuple(nodes), nodes[-1].id))
    column = TokenAxis(3, 800, 54).column(300)
    assert max(range(54), key=lambda at: tops(lines, at)) == column


def test_zoom_is_around_the_marked_token_and_home_shows_all():
    shown = text(200, cursor=100)
    data = TextPlot().data(shown)
    near = TextPlot().moved("in", data).moved("in", data)
    assert near.range.count == 51 and 100 in range(near.range.first, near.range.first + 51)
    assert near.moved("out", data).moved("out", data).range == near.moved("whole", data).range == ALL
    right = near.moved("right", data)
    assert right.range.first == near.range.first + 12
    for _ in range(30):
        right = right.moved("right", data)
    assert right.range.first + 51 == len(data.steps)
    assert "token 101" not in drawn(shown, plot=right)[0]


def test_a_part_stays_where_it_was_panned_to_until_the_cursor_leaves_it():
    zoomed = TextPlot(range=TokenRange(10, 20, cursor=150))
    assert "token 151" not in drawn(text(200, cursor=150), plot=zoomed)[0]
    assert "token 121" in drawn(text(200, cursor=120), plot=zoomed)[0]
    assert "token 16" in drawn(text(200, cursor=15), plot=zoomed)[0]


def test_the_axis_stays_while_a_few_more_tokens_are_drawn():
    ends = [TokenRange().axis(range(3, 3 + count), 0, 0, 54).length for count in range(1, 130)]
    assert all(count <= end <= max(10, 1.5 * count) for count, end in enumerate(ends, 1))
    assert len(set(ends)) < 20


# Anything there may be


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view_of", [0, 1, 2])
@pytest.mark.parametrize("count", [0, 1, 2, 60, 700])
def test_it_has_exactly_its_size(size, view_of, count):
    for shown in (text(count), text(count, cursor=1), text(count)._replace(viewed=None)):
        assert [len(line) for line in drawn(shown, size, TextPlot(view_of))] == [size[0]] * size[1]


@pytest.mark.parametrize("number", [0.0, 1e-300, 1e300, math.inf, math.nan])
def test_numbers_that_cannot_be_are_drawn_inside_the_figure(number):
    kept = 10**30 if number > 1 else 0
    nodes = [
        msgspec.structs.replace(node, surprisal=number, entropy=number, kept=kept, kept_mass=number)
        for node in text(9).path
    ]
    for view_of in range(3):
        lines = drawn(Shown(None, tuple(nodes), nodes[5].id), plot=TextPlot(view_of))
        assert [len(line) for line in lines] == [60] * 12


def test_without_a_text_there_is_nothing_and_without_numbers_that_is_said():
    assert TextPlot().data(Shown()) is None
    assert "nothing is known of these tokens" in "".join(drawn(text(0)._replace(viewed=None)))


@pytest.mark.parametrize("piece", HOSTILE, ids=range(len(HOSTILE)))
def test_no_token_reaches_the_border_as_it_is(piece):
    nodes = path("a", piece, "b", surprisal=1.0, entropy=1.0)
    told = legend(Shown(None, nodes, 1), width=1000)
    assert told.isprintable() and "at ‹" in told


async def test_without_a_text_the_pane_says_what_to_press_and_draws_the_text_before_any_view():
    pane = Pane(PlotPane(TextPlot()))
    async with pane.run_test(size=(60, 12)) as pilot:
        assert any("submit a prompt" in line for line in pane.lines())
        shown = text(9, cursor=6)
        pane.pane.path, pane.pane.cursor = shown.path, shown.cursor
        await pilot.pause()
        assert "token 7" in pane.lines()[0]
        pane.pane.cursor = 8
        await pilot.pause()
        assert "token 9" in pane.lines()[0]
        assert pane.of(PlotPane.RequestChanged) == []


# In the workbench


@pytest.mark.parametrize("size", [WIDE, SMALL])
async def test_it_follows_the_text_and_asks_the_engine_for_nothing(start, size):
    async with start(size=size) as bed:
        await bed.press("4", "n", "n", "n", "V", "V", "V", "V")
        await bed.until(lambda: "Along the text: bits" in screen_text(bed.app))
        asked = len(bed.engine.viewed)
        await bed.press("n")
        assert all(request.plot is None for request in bed.engine.viewed[asked:])
        assert f"token {len(bed.branch) + 1}" in screen_text(bed.app)
        await bed.press("left", "left")
        assert f"token {len(bed.branch) - 1}" in screen_text(bed.app)
        node = bed.branch[-2]
        assert f"━ entropy {node.entropy:.2f}  █ surprisal {node.surprisal:.2f}" in screen_text(bed.app)
        bed.bench.panes.plot.focus()
        await bed.press("minus", "minus")
        assert f"█ kept {100 * node.kept_mass:.1f} %" in screen_text(bed.app)
