"""The temperature plot: each curve in the rows of its probabilities, named, on a log or a linear axis."""

import math
from array import array

import pytest
from textual.geometry import Size

from tests.handmade import view
from tests.panes import Pane
from tests.ui.conftest import screen_text
from tui.protocol import Plotted, Viewed
from tui.widgets.plots.frame import LEFT
from tui.widgets.plots.pane import PlotPane
from tui.widgets.plots.temperature import Temperature


def softmax(count: int, temperature: float) -> list[float]:
    weights = [(1 / rank) ** (2 / temperature) for rank in range(1, count + 1)]
    return [weight / sum(weights) for weight in weights]


def tempered(temperature: float, count: int = 300) -> Viewed:
    """A view of Zipf's law squared, with this temperature in force."""
    values = {"half": 0.5, "one": 1.0, "two": 2.0, "now": temperature}
    rows = {"ranks": list(range(1, count + 1)), **{name: softmax(count, value) for name, value in values.items()}}
    plot = Plotted("temperatures", {name: array("f", row).tobytes() for name, row in rows.items()})
    return view(count, temperature=temperature, plot=plot)


def text(viewed: Viewed, size: tuple[int, int] = (60, 12), *, linear: bool = False) -> list[str]:
    return ["".join(text for _, text in line) for line in Temperature(linear).draw(viewed, Size(*size))]


@pytest.mark.parametrize("size", [(60, 12), (16, 4), (118, 30), (40, 8)])
@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("count", [1, 2, 300])
def test_it_has_exactly_its_size(size, linear, count):
    assert [len(line) for line in text(tempered(0.7, count), size, linear=linear)] == [size[0]] * size[1]


@pytest.mark.parametrize("temperature", [0.4, 0.7, 1.3, 3.0])
def test_the_thick_curve_has_the_probability_of_rank_1_under_the_temperature_in_force(temperature):
    lines = Temperature(linear=True).draw(tempered(temperature), Size(60, 30))
    rows = lines[1:-2][::-1]
    named = {float(row[0][1][: LEFT - 1]): y for y, row in enumerate(rows) if row[0][1][: LEFT - 1].strip()}
    (low, bottom), (high, top) = min(named.items()), max(named.items())
    live = [y for y, row in enumerate(rows) for colour, _ in row[1:] if colour == "live"]
    expected = bottom + (softmax(300, temperature)[0] - low) / (high - low) * (top - bottom)
    assert abs(max(live) - expected) <= 1


def test_the_logarithmic_axis_holds_the_least_probable_one_and_the_curves_are_named():
    lines = text(tempered(0.7), (100, 30))
    powers = [int(line[: LEFT - 1].split("e")[1]) for line in lines if "e-" in line[:LEFT]]
    assert min(powers) <= math.log10(softmax(300, 0.5)[-1]) + 4
    assert all(f"T={name}" in "".join(lines) for name in ("0.5", "1", "2"))
    assert Temperature().legend(tempered(0.7), 80).plain == "━ T=0.70 in force  ─ T=0.5  ─ T=1  ┈ T=2"


def test_a_temperature_in_force_that_is_one_of_the_three_is_drawn_once():
    assert Temperature().legend(tempered(2.0), 80).plain == "━ T=2.00 in force  ─ T=0.5  ─ T=1"


async def test_a_key_changes_the_axis_of_probabilities():
    pane = Pane(PlotPane(Temperature()))
    async with pane.run_test(size=(60, 12)) as pilot:
        pane.pane.viewed = tempered(0.7)
        assert any("1e-" in line[:LEFT] for line in pane.pane.text)
        await pilot.press("minus")
        assert not any("1e-" in line[:LEFT] for line in pane.pane.text)
        await pilot.press("minus")
        assert pane.pane.plot == Temperature()


async def test_it_shows_the_step_under_the_cursor_and_follows_the_settings(start):
    async with start() as bed:
        await bed.press("V", "V")
        await bed.until(lambda: "T=1.00 in force" in screen_text(bed.app))
        await bed.press("1")
        await bed.until(lambda: "T=2.00 in force" in screen_text(bed.app))
