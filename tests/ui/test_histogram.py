"""The histogram: heights of bars, kept candidates below removed ones, and its exact size."""

from array import array

import pytest
from textual.geometry import Size

from tests.handmade import view
from tests.ui.conftest import screen_text
from tui.protocol import Plotted, Viewed
from tui.widgets.plots import PLOTS
from tui.widgets.plots.frame import LEFT
from tui.widgets.plots.histogram import Histogram


def counted(kept: list[float], removed: list[float]) -> Viewed:
    """A view with these counts per bin; the first count is of the candidates below the first bin."""
    bins = len(kept) - 1
    found = {"edges": [10 ** (-10 + 10 * at / bins) for at in range(bins + 1)], "kept": kept, "removed": removed}
    return view(plot=Plotted("histogram", {name: array("f", values).tobytes() for name, values in found.items()}))


def drawn(viewed: Viewed, width: int = 60, height: int = 12) -> list[str]:
    return ["".join(text for _, text in line) for line in Histogram().draw(viewed, Size(width, height))]


@pytest.mark.parametrize("size", [(60, 12), (16, 4), (118, 30), (40, 8)])
@pytest.mark.parametrize("bins", [1, 11, 55, 113])
def test_it_has_exactly_its_size_whatever_it_was_asked_for(size, bins):
    lines = drawn(counted([3.0, *[2.0] * bins], [0.0, *[5.0] * bins]), *size)
    assert [len(line) for line in lines] == [size[0]] * size[1]


def test_a_bar_is_the_logarithm_of_its_count_and_one_candidate_can_be_seen():
    lines = drawn(counted([0, 1, 0, 10, 1000], [0, 0, 0, 0, 0]), LEFT + 4, 13)[1:-2]
    heights = [sum(line[LEFT + column] != " " for line in lines) for column in range(4)]
    assert heights == [1, 0, 4, 10]
    assert [line[:LEFT] for line in lines if line[LEFT - 1] == "┤"] == ["   1k┤", "  100┤", "   10┤", "    1┤"]


def test_kept_ones_are_under_removed_ones_and_what_is_below_is_told():
    viewed = counted([2, 10, 0, 1], [5, 90, 7, 0])
    rows = Histogram().draw(viewed, Size(LEFT + 3, 13))[1:-2]
    columns = [[colour for colour, text in row[1:] for _ in text] for row in rows]
    assert [row[0] for row in columns] == ["removed"] * 4 + ["live"] * 6
    assert {row[1] for row in columns[:-1]} == {"removed"}
    assert columns[-1][2] == "live"
    assert Histogram().legend(viewed, 60).plain == "█ kept  █ removed  7 below"


def test_both_axes_have_titles_and_ticks_on_their_bins():
    for width in (40, 66, 118):
        lines = drawn(counted([0.0] * (width - LEFT + 1), [0.0, *[3.0] * (width - LEFT)]), width, 14)
        assert lines[0].split() == ["candidates"]
        assert "probability" in lines[-2]
        for power in (-10, -4, 0):
            tick = LEFT + min(width - LEFT - 1, (width - LEFT) * (power + 10) // 10)
            assert lines[-2][tick] == "┬"
            assert (f"1e{power}" if power else "1") in lines[-1][max(0, tick - 3) : tick + 5]
    low = drawn(counted([0.0, 3.0], [0.0, 0.0]), 40, 8)
    assert "candidates" not in low[0] and low[-1].startswith("prob. 1e-10")


async def test_its_key_shows_it_and_shows_a_hidden_plot(start):
    async with start() as bed:
        await bed.press("V")
        await bed.until(lambda: "█ removed" in screen_text(bed.app))
        await bed.press(*["V"] * (len(PLOTS) - 1), "v", "V")
        await bed.until(lambda: "█ removed" in screen_text(bed.app))
