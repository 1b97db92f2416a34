"""Sliders, presets, seed, draws: what they change, and that none of them runs the model."""

import pytest
from textual import events

from tests.ui.conftest import screen_text
from tui.core.presets import PRESETS
from tui.core.settings import Setting, Source
from tui.core.story import How
from tui.protocol import View
from tui.widgets.candidates import CandidateList
from tui.widgets.controls import Controls
from tui.widgets.slider import Slider
from tui.widgets.text import StoryText

# -- knobs -----------------------------------------------------------------------------------------------


async def test_a_slider_changes_the_cuts_and_never_reaches_the_model(start):
    async with start() as bed:
        forwards = bed.engine.forwards
        assert [cut.stage for cut in bed.viewed.cuts] == ["top_k"]
        bed.bench.query_one("#top_p", Slider).focus()
        await bed.press("left", "left", "left")
        assert [cut.stage for cut in bed.viewed.cuts] == ["top_k", "top_p"]
        assert bed.state.given["top_p"] == bed.viewed.settings["top_p"].value < 1
        assert bed.engine.forwards == forwards
        assert bed.engine.steps == []


async def test_a_slider_lays_nothing_out_anew(start, monkeypatch):
    """The panes are not laid out again: that took longer than everything else in a move."""
    async with start() as bed:
        bed.bench.query_one("#top_p", Slider).focus()
        await bed.press("left", "left")  # the first move adds a cut line to the list
        laid_out = []
        real = bed.bench._refresh_layout
        monkeypatch.setattr(
            bed.bench, "_refresh_layout", lambda *args, **kw: (laid_out.append(args), real(*args, **kw))
        )
        await bed.press("left", "left", "left")
        assert bed.state.given["top_p"] == bed.viewed.settings["top_p"].value
        assert laid_out == []


async def test_no_step_of_a_quick_hand_is_taken_back(start):
    """The reply to the first of ten quick steps arrives during the last ones."""
    async with start() as bed:
        slider = bed.bench.query_one("#temperature", Slider)
        slider.focus()
        await bed.pilot.pause()
        for _ in range(10):
            bed.app.post_message(events.Key("right", None))
        await bed.until(lambda: slider.value == pytest.approx(1.10))
        await bed.shown()
        assert bed.state.given["temperature"] == slider.value == pytest.approx(1.10)
        bed.bench.action_do("preset_1")
        assert slider.value == 2.0


async def test_an_older_value_does_not_take_back_what_a_hand_has_set_since(start):
    async with start() as bed:
        slider = bed.bench.query_one("#temperature", Slider)
        slider.focus()
        slider.action_nudge(2)
        slider.show_value(1.01)
        assert slider.value == pytest.approx(1.02)
        await bed.until(lambda: bed.state.given.get("temperature") == slider.value)
        slider.show_value(0.5)
        assert slider.value == 0.5


async def test_at_its_end_a_slider_that_cannot_move_changes_nothing(start):
    async with start() as bed:
        bed.bench.query_one("#top_p", Slider).focus()
        await bed.press("right")
        assert "top_p" not in bed.state.given


async def test_what_moves_is_asked_roughly_and_what_rests_exactly(start):
    async with start() as bed:
        bed.engine.viewed.clear()
        bed.bench.query_one("#temperature", Slider).focus()
        await bed.pilot.press("right")
        value = bed.state.given["temperature"]
        await bed.until(lambda: [view.exact for view in bed.engine.viewed if view.slot == "main"][-1:] == [True])
        main = [view for view in bed.engine.viewed if view.slot == "main" and view.given == {"temperature": value}]
        assert main[0].exact is False


async def test_of_many_wishes_only_the_newest_is_sent(start):
    async with start() as bed:
        bed.engine.viewed.clear()
        for step in range(50):
            bed.explorer.go(bed.state.change({"top_p": 0.99 - step / 100}), moving=True)
        await bed.shown()
        assert bed.viewed.given == {"top_p": pytest.approx(0.5)}
        assert len([view for view in bed.engine.viewed if view.slot == "main"]) <= 4


async def test_the_post_s_presets_are_on_keys(start):
    async with start() as bed:
        for preset in PRESETS:
            await bed.press(preset.key)
            prompt = len(bed.branch)
            assert bed.state.given == preset.given | {"max_new_tokens": 128 - prompt}
            assert {bed.state.settings()[name].source for name in bed.state.given} == {Source.PRESET}
            assert bed.viewed.given == bed.state.given


async def test_reset_gives_everything_back_to_its_source(start):
    async with start() as bed:
        await bed.press("1", "0")
        assert bed.state.given == {}
        assert bed.state.settings()["top_k"] == Setting(50, Source.TRANSFORMERS)


async def test_off_and_back_to_source_work_on_the_focused_slider(start):
    async with start() as bed:
        bed.bench.query_one("#top_k", Slider).focus()
        await bed.press("o")
        assert bed.state.given == {"top_k": 0}
        await bed.press("b")
        assert bed.state.given == {}


async def test_greedy_takes_the_best(start):
    async with start() as bed:
        await bed.press("g", "n")
        node = bed.branch[-1]
        assert (node.how, node.rank) == (How.GREEDY, 1)
        await bed.press("g")
        assert bed.state.given == {}


async def test_the_order_of_the_stages_is_switched_and_said(start):
    async with start() as bed:
        await bed.press("1")
        bed.explorer.go(bed.state.change({"top_p": 0.9}))
        await bed.shown()
        kept = bed.viewed.kept
        await bed.press("x")
        await bed.until(lambda: f"instead of {kept}" in bed.message)
        assert bed.viewed.kept < kept
        assert bed.viewed.settings["order"] == Setting("llama.cpp", Source.YOU)
        assert "before temperature" in screen_text(bed.app)
        await bed.press("x")
        await bed.shown()
        assert (bed.viewed.kept, bed.state.given.get("order")) == (kept, None)


async def test_the_next_seed_shows_what_it_draws_and_draws_nothing(start):
    async with start() as bed:
        seen = {bed.viewed.would_draw}
        for _ in range(8):
            await bed.press("s")
            seen.add(bed.viewed.would_draw)
        assert bed.state.seed == 50
        assert bed.bench.query_one(Controls).seed == 50
        assert len(seen) > 1
        assert bed.engine.steps == []


async def test_a_thousand_draws_are_counted_here_and_leave_with_the_settings(start):
    async with start(size=(120, 90)) as bed:  # tall enough for the whole vocabulary
        await bed.press("d")
        assert sum(row.count for row in bed.viewed.candidates) == 1000
        assert bed.engine.steps == []
        await bed.press("4")
        assert sum(row.count for row in bed.viewed.candidates) == 0


async def test_tokens_that_could_no_longer_be_drawn_are_marked(start):
    async with start(given={"top_k": 0}) as bed:
        await bed.press("n", "n", "n")
        text = bed.bench.query_one(StoryText)
        assert text.unreachable == {}
        await bed.pilot.press("end")
        await bed.until(lambda: bed.bench.query_one(CandidateList).highlighted is not None)
        await bed.press("enter")
        chosen = bed.state.cursor
        bed.explorer.go(bed.state.change({"top_k": 1}), moving=True)
        await bed.until(lambda: text.unreachable.get(chosen) == "top_k")
        bed.explorer.go(bed.state.change({"top_k": 0}), moving=True)
        assert text.unreachable == {}


async def test_an_answer_for_another_place_is_ignored(start):
    async with start() as bed:
        await bed.press("n")
        old = bed.viewed
        await bed.press("left")
        here = bed.viewed
        bed.explorer._viewed(View(slot="main", at=old.at), old)
        await bed.pilot.pause()
        assert bed.viewed is here


async def test_a_view_that_cannot_be_made_is_said_where_it_would_stand(start):
    async with start() as bed:
        bed.explorer.go(bed.state.change({"temperature": 1e-38}))
        await bed.until(lambda: bed.bench.query_one(CandidateList).viewed is None)
        assert "Scores overflow" in screen_text(bed.app)
        await bed.press("0")
        assert bed.bench.query_one(CandidateList).viewed is not None
