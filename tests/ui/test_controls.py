"""The controls: the settings in force with their sources, and the messages for the person's changes."""

import pytest

from tests.ui.bare import alone, in_force, lines
from tui.core.settings import Setting, Source
from tui.widgets.controls import HINT, Controls
from tui.widgets.field import Field
from tui.widgets.slider import Slider


def make(given=None, model=None, **more):
    controls = Controls()
    controls.settings = in_force(given, model)
    for name, value in more.items():
        setattr(controls, name, value)
    return controls


def row(pilot, name):
    """A slider's line as it is drawn."""
    return pilot.app.query_one(f"#{name}", Slider).render().plain


def said(pilot):
    """The controls' own messages, as plain values."""
    kinds = (Controls.Changed, Controls.Off, Controls.Back, Controls.SeedChanged)
    heard = [message for message in pilot.app.heard if isinstance(message, kinds)]
    return [(type(message).__name__, *(v for k, v in vars(message).items() if k in ("name", "value", "seed")))
            for message in heard]  # fmt: skip


async def test_every_row_says_value_and_source():
    settings = in_force({"temperature": 0.9, "top_k": 20}, {"top_p": 0.95})
    controls = make(preset_names=frozenset({"top_k"}))
    controls.settings = settings
    async with alone(controls) as pilot:
        assert row(pilot, "temperature").split() == [
            "temperature",
            *row(pilot, "temperature").split()[1:2],
            "0.90",
            "you",
        ]
        assert row(pilot, "top_k").split()[-2:] == ["20", "preset"]
        assert row(pilot, "top_p").split()[-2:] == ["0.95", "model"]
        assert row(pilot, "min_p").split()[-2:] == ["off", "transformers"]


async def test_a_preset_that_is_named_in_the_settings_themselves_is_shown_too():
    controls = make()
    controls.settings = in_force() | {"top_k": Setting(7, Source.PRESET)}
    async with alone(controls) as pilot:
        assert row(pilot, "top_k").split()[-2:] == ["7", "preset"]


async def test_transformers_hidden_top_k_is_flagged_and_said_in_words():
    async with alone(make()) as pilot:
        assert row(pilot, "top_k").split()[-3:] == ["50", "⚑", "transformers"]
        assert any("⚑ top-k 50 is transformers' default, not yours" in line for line in lines(pilot.app))


@pytest.mark.parametrize("given", [{"top_k": 50}, {"top_k": 0}])
async def test_what_somebody_asked_for_or_what_does_nothing_is_not_flagged(given):
    async with alone(make(given)) as pilot:
        assert "⚑" not in "".join(lines(pilot.app))


async def test_the_same_value_from_the_model_is_not_flagged():
    async with alone(make(model={"top_k": 50})) as pilot:
        assert row(pilot, "top_k").split()[-2:] == ["50", "model"]
        assert "⚑" not in "".join(lines(pilot.app))


async def test_greedy_says_that_sliders_have_no_effect():
    async with alone(make({"do_sample": False, "temperature": 0.7})) as pilot:
        assert row(pilot, "temperature").endswith("0.70   no effect   ")
        assert "●" not in "".join(lines(pilot.app))
        assert any("greedy: the sliders have no effect" in line for line in lines(pilot.app))


async def test_parameters_without_a_slider_never_act_unseen():
    async with alone(make({"typical_p": 0.95}, {"repetition_penalty": 1.1, "eta_cutoff": 0.0})) as pilot:
        also = next(line for line in lines(pilot.app) if "also" in line)
        assert "repetition penalty 1.10 (model) · typical-p 0.95 (you)" in also
        assert "eta" not in also


async def test_settings_that_change_later_are_shown():
    controls = make()
    async with alone(controls) as pilot:
        controls.settings = in_force({"top_k": 7})
        await pilot.pause()
        assert row(pilot, "top_k").split()[-2:] == ["7", "you"]


async def test_a_value_beyond_the_vocabulary_is_shown_as_it_is():
    async with alone(make({"top_k": 5000}, vocabulary=1000)) as pilot:
        assert "▸" in row(pilot, "top_k")
        assert "5,000" in row(pilot, "top_k")


async def test_top_k_ends_at_the_vocabulary_of_the_model_that_is_opened_last():
    controls = make()
    async with alone(controls) as pilot:
        controls.query_one("#top_k", Slider).focus()
        for vocabulary in (62, 262_144):
            controls.vocabulary = vocabulary
            await pilot.press("end")
        assert said(pilot) == [("Changed", "top_k", 62), ("Changed", "top_k", 262_144)]


async def test_only_top_k_knows_the_vocabulary():
    controls = make()
    async with alone(controls):
        before = {slider.id: slider.scale for slider in controls.query(Slider)}
        controls.vocabulary = 62
        after = {slider.id: slider.scale for slider in controls.query(Slider)}
        assert [name for name, scale in after.items() if scale != before[name]] == ["top_k"]


async def test_moving_a_slider_asks_for_the_value():
    async with alone(make()) as pilot:
        pilot.app.query_one("#top_k", Slider).focus()
        await pilot.press("right")
        assert said(pilot) == [("Changed", "top_k", 51)]


@pytest.mark.parametrize(
    ("name", "key", "value"), [("min_p", "home", None), ("top_k", "home", 0), ("top_p", "end", 1.0)]
)
async def test_the_off_end_of_a_slider_is_the_value_that_does_nothing(name, key, value):
    async with alone(make({"min_p": 0.1, "top_k": 3, "top_p": 0.5})) as pilot:
        pilot.app.query_one(f"#{name}", Slider).focus()
        await pilot.press(key)
        assert said(pilot) == [("Changed", name, value)]


@pytest.mark.parametrize(("key", "message"), [("o", "Off"), ("backspace", "Off"), ("b", "Back"), ("delete", "Back")])
async def test_off_and_back_are_for_the_focused_row(key, message):
    async with alone(make()) as pilot:
        pilot.app.query_one("#top_p", Slider).focus()
        await pilot.press(key)
        assert said(pilot) == [(message, "top_p")]


async def test_the_keys_are_named_in_the_border_while_a_row_has_the_focus():
    controls = make()
    async with alone(controls) as pilot:
        controls.query_one("#top_p", Slider).focus()
        await pilot.pause()
        assert HINT in lines(pilot.app)[controls.region.bottom - 1]


async def test_up_and_down_go_from_row_to_row():
    controls = make()
    async with alone(controls) as pilot:
        controls.query_one("#top_k", Slider).focus()
        await pilot.press("down")
        assert pilot.app.focused.id == "top_p"
        await pilot.press("up", "up")
        assert pilot.app.focused.id == "temperature"


async def test_seed_and_length_are_typed_in_place():
    async with alone(make()) as pilot:
        pilot.app.query_one("#seed", Field).focus()
        await pilot.press("7", "enter")
        pilot.app.query_one("#max_new_tokens", Field).focus()
        await pilot.press("6", "4", "enter")
        assert said(pilot) == [("SeedChanged", 7), ("Changed", "max_new_tokens", 64)]


async def test_a_number_that_cannot_be_is_refused_with_the_reason_in_place():
    async with alone(make()) as pilot:
        pilot.app.query_one("#max_new_tokens", Field).focus()
        await pilot.press("0", "enter")
        await pilot.pause()
        assert any("must be a whole number, 1 or more, not 0" in line for line in lines(pilot.app))
        assert said(pilot) == []


async def test_a_settings_update_does_not_pull_the_thumb_out_of_a_hand():
    controls = make()
    async with alone(controls) as pilot:
        slider = controls.query_one("#temperature", Slider)
        await pilot.mouse_down(slider, offset=(slider.track()[0], 0))
        controls.settings = in_force({"temperature": 2.0})
        await pilot.pause()
        assert slider.value == 0.05
        await pilot.mouse_up(slider)


async def test_the_compact_form_is_one_line_with_all_that_acts():
    controls = make({"temperature": 0.9, "top_p": 0.9}, {"repetition_penalty": 1.1}, compact=True)
    async with alone(controls) as pilot:
        assert controls.size.height == 1
        assert lines(pilot.app)[0].strip() == (
            "T 0.90 · k 50 (default) · p 0.90 · min-p off · repetition penalty 1.10 (model…"
        )


@pytest.mark.parametrize("width", [40, 46, 60, 80])
async def test_rows_fit_narrow_columns(width):
    controls = make({"temperature": 0.9})
    controls.styles.width = width
    async with alone(controls, size=(width, 24)) as pilot:
        for slider in controls.query(Slider):
            assert len(slider.render().plain) <= slider.size.width
        assert "0.90" in row(pilot, "temperature")
        assert "⚑" in row(pilot, "top_k")
