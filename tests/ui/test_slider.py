"""A slider: first its scale, then keys, wheel, drag and typing."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from tests.ui.bare import alone
from tui.core.stages import PARAMETERS
from tui.widgets.controls import WITH_SLIDER
from tui.widgets.entry import NumberEntry, parse_number
from tui.widgets.scale import Scale
from tui.widgets.slider import Slider

K = Scale(1, 50_257, 0.1, log=True, integer=True, zero=True)
scales = st.sampled_from([Scale.of(parameter) for parameter in WITH_SLIDER.values()])
positions = st.floats(0, 1)


# -- the scale -------------------------------------------------------------------------------------------------------


@given(scales, positions)
def test_a_value_on_the_track_stands_where_it_is_read(scale, position):
    value = scale.value(position)
    assert scale.value(scale.position(value)) == value
    assert scale.beyond(value) == 0


@given(scales, positions, positions)
def test_further_right_is_never_less(scale, one, other):
    low, high = sorted((one, other))
    assert scale.value(low) <= scale.value(high)


@given(scales, st.floats(0, 1e6), st.floats(0, 1e6))
def test_more_never_stands_further_left(scale, one, other):
    low, high = sorted((one, other))
    assert 0 <= scale.position(low) <= scale.position(high) <= 1


@given(scales, st.floats(-10, 1e6))
def test_clamping_gives_a_value_on_the_scale_and_leaves_such_values_alone(scale, value):
    inside = scale.clamp(value)
    assert scale.beyond(inside) == 0
    assert scale.clamp(inside) == inside


@given(scales, positions, st.sampled_from([1, 10]))
def test_a_step_up_and_down_always_moves_until_the_end(scale, position, steps):
    value = scale.value(position)
    assert scale.nudge(value, steps) > value or value == scale.high
    assert scale.nudge(value, -steps) < value or value == scale.value(0)


@given(st.integers(2, 300_000))
def test_every_whole_number_up_to_the_vocabulary_can_be_shown_and_the_last_one_reached(vocabulary):
    scale = Scale(1, vocabulary, 0.1, log=True, integer=True, zero=True)
    assert (scale.value(0), scale.value(1)) == (0, vocabulary)
    assert isinstance(scale.value(0.5), int)


def test_ends_are_exact():
    assert (K.value(0), K.value(1)) == (0, 50_257)
    temperature, top_p = Scale.of(PARAMETERS["temperature"]), Scale.of(PARAMETERS["top_p"])
    assert (temperature.value(0), temperature.value(1)) == (0.05, 3.0)
    assert (top_p.value(0), top_p.value(1)) == (0.01, 1.0)


@pytest.mark.parametrize(
    ("value", "steps", "after"),
    [(50, 1, 51), (99, 1, 100), (100, 1, 110), (100, -1, 99), (50, 10, 60), (95, 10, 100), (101, -1, 100), (1, -1, 0),
     (0, 1, 1), (0, -1, 0), (50_257, 1, 50_257), (20_000, -1, 19_000)],
)  # fmt: skip
def test_on_a_logarithmic_scale_a_step_moves_the_second_digit(value, steps, after):
    assert K.nudge(value, steps) == after


def test_steps_do_not_gather_rounding():
    scale, value = Scale.of(PARAMETERS["temperature"]), 0.05
    for _ in range(95):
        value = scale.nudge(value, 1)
    assert value == 1.0


def test_a_value_beyond_the_scale_is_left_alone_outwards_and_comes_back_to_the_end_inwards():
    scale = Scale(1, 1000, 0.1, log=True, integer=True)
    assert scale.beyond(5000) == 1
    assert scale.nudge(5000, 1) == 5000
    assert scale.nudge(5000, -1) == 1000


def test_what_is_no_scale_is_refused():
    for low, high, step, log in ((1, 1, 1, False), (0, 1, 0.1, True), (0, 1, 0, False), (0, math.nan, 1, False)):
        with pytest.raises(ValueError, match="not a scale"):
            Scale(low, high, step, log=log)


@pytest.mark.parametrize(
    ("text", "integer", "value"),
    [("0.9", False, 0.9), (".5", False, 0.5), ("1e-3", False, 0.001), ("50,000", True, 50_000), ("5e3", True, 5000)],
)
def test_numbers_as_people_type_them(text, integer, value):
    assert parse_number(text, integer=integer) == value


@pytest.mark.parametrize(
    ("text", "integer"), [("e", False), ("", False), ("0.5", True), ("1e999", True), ("--1", True)]
)
def test_what_is_no_number_is_refused(text, integer):
    with pytest.raises(ValueError):
        parse_number(text, integer=integer)


# -- the widget ------------------------------------------------------------------------------------------------------


def make(name="temperature", value=1.0):
    slider = Slider(PARAMETERS[name], Scale.of(PARAMETERS[name]))
    slider.value = value
    return slider


def changes(pilot):
    return [message.value for message in pilot.app.heard if isinstance(message, Slider.Changed)]


@pytest.mark.parametrize(
    ("key", "after"),
    [("right", 1.01), ("left", 0.99), ("shift+right", 1.1), ("ctrl+left", 0.9), ("home", 0.05), ("end", 3.0)],
)
async def test_keys(key, after):
    slider = make()
    async with alone(slider) as pilot:
        slider.focus()
        await pilot.press(key)
        assert slider.value == after
        assert changes(pilot) == [after]


async def test_what_is_set_from_outside_is_shown_and_not_reported():
    slider = make()
    async with alone(slider) as pilot:
        slider.value = 0.7
        await pilot.pause()
        assert "0.70" in slider.render().plain
        assert changes(pilot) == []


async def test_a_drag_follows_the_mouse_beyond_the_widget_and_delivers_the_last_value():
    slider = make()
    async with alone(slider) as pilot:
        start, length = slider.track()
        await pilot.mouse_down(slider, offset=(start, 0))
        assert slider.value == 0.05
        await pilot.hover(slider, offset=(start + length - 1, 5))
        assert slider.value == 3.0
        await pilot.mouse_up(slider, offset=(start + length + 3, 5))
        await pilot.hover(slider, offset=(start, 0))
        assert slider.value == 3.0
        assert changes(pilot)[-1] == 3.0


async def test_of_many_changes_waiting_only_the_last_is_delivered():
    slider = make()
    async with alone(slider) as pilot:
        for step in range(200):
            slider.set_by_person(0.5 + step / 100)
        await pilot.pause()
        assert changes(pilot) == [2.49]


async def test_the_wheel_goes_in_fine_steps_and_with_ctrl_in_tens():
    slider = make()
    async with alone(slider) as pilot:
        slider.post_message(events.MouseScrollUp(slider, 20, 0, 0, 0, 0, False, False, False))
        await pilot.pause()
        assert slider.value == 1.01
        slider.post_message(events.MouseScrollDown(slider, 20, 0, 0, 0, 0, False, False, True))
        await pilot.pause()
        assert slider.value == 0.91


async def test_typing_opens_an_entry_and_enter_takes_it():
    slider = make()
    async with alone(slider) as pilot:
        slider.focus()
        await pilot.press(*"0.725")
        assert "0.725▏" in slider.render().plain
        assert slider.value == 1.0
        await pilot.press("enter")
        assert slider.value == 0.725
        assert "0.725" in slider.render().plain
        assert changes(pilot) == [0.725]


async def test_escape_gives_an_entry_up_and_backspace_edits_it():
    slider = make()
    async with alone(slider) as pilot:
        slider.focus()
        await pilot.press("7", "escape")
        assert (slider.entry, slider.value) == (None, 1.0)
        await pilot.press("7", "backspace", "2", "enter")
        assert slider.value == 2


async def test_a_number_out_of_range_stays_open_and_says_why():
    slider = make()
    async with alone(slider) as pilot:
        slider.focus()
        await pilot.press("0", "enter")
        assert slider.entry == "0"
        assert slider.wrong
        reasons = [message.reason for message in pilot.app.heard if isinstance(message, NumberEntry.Rejected)]
        assert reasons == ["Temperature must be above 0, not 0.0."]
        assert changes(pilot) == []


async def test_a_value_beyond_the_scale_is_shown_as_it_is():
    slider = make("top_k", 5000)
    async with alone(slider) as pilot:
        slider.scale = Scale(1, 1000, 0.1, log=True, integer=True, zero=True)
        await pilot.pause()
        assert "▸" in slider.render().plain
        assert "5,000" in slider.render().plain
        assert slider.value == 5000


@pytest.mark.parametrize("name", WITH_SLIDER)
async def test_nothing_jumps_in_width_while_it_slides(name):
    slider = make(name)
    async with alone(slider, size=(60, 4)) as pilot:
        scale = slider.scale
        widths = set()
        for place in range(101):
            slider.value = scale.value(place / 100)
            widths.add((len(slider.render().plain), slider.render().plain.rstrip().rfind(".") if scale.decimals else 0))
        assert len(widths) == 1
        await pilot.pause()


async def test_a_change_draws_no_other_slider_again():
    one, other = make(), make("top_k", 50)
    async with alone(one, other) as pilot:
        drawn = []
        for slider in (one, other):
            slider.render = lambda s=slider, real=slider.render: drawn.append(s) or real()
        await pilot.pause()
        drawn.clear()
        one.set_by_person(1.5)
        await pilot.pause()
        assert set(drawn) == {one}
