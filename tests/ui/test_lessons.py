"""The lessons beside the live workbench: pages turn, set up, are undone; nothing else is taken away."""

import pytest
from rich.cells import cell_len

from tests.scripted import Gate
from tests.ui.conftest import SMALL, WIDE, Gated, screen_text
from tests.ui.test_workbench_picture import compare
from tui.config import Config
from tui.core.settings import Source

PICTURES = {"lesson": ("i",), "lesson-set-up": ("i", ")", "I", "n", "n")}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("size", [WIDE, SMALL])
async def test_pictures(start, size, language, name):
    await compare(start, size, f"{name}-{language}", PICTURES[name], language=language)


def place(bed):
    return str(bed.bench.panes.lesson.border_title)


async def test_reading_and_turning_change_nothing_and_the_workbench_stays_live(start):
    async with start(language="en") as bed:
        before = bed.state
        await bed.press("i")
        assert bed.app.focused is bed.bench.panes.lesson
        await bed.press(")", ")", "(")
        assert place(bed) == "Lesson 2 of 8"
        assert bed.state == before
        await bed.press("n", "n", "left", "4")
        assert len(bed.drawn()) == 2
        assert bed.state.preset_name == "nucleus"
        assert "Lesson 2 of 8" in screen_text(bed.app)


async def test_the_last_lesson_and_the_first_say_so(start):
    async with start(language="en") as bed:
        await bed.press("(", "(")
        assert bed.message == "This is the first lesson."
        await bed.press(*[")"] * 8)
        assert place(bed) == "Lesson 8 of 8"
        assert bed.message == "This is the last lesson."


@pytest.mark.parametrize("key", ["enter", "I"])
async def test_setting_up_uses_settings_seed_plot_and_the_place_after_the_prompt_and_one_undo_takes_it_back(start, key):
    async with start(language="en") as bed:
        await bed.press("n", "s", "n", "i", *")))")
        before = bed.state.decisions
        await bed.press(key)
        settings = bed.state.settings()
        assert (settings["temperature"].value, settings["top_k"].value, settings["top_p"].value) == (1.0, 0, 1.0)
        assert bed.state.preset >= {"temperature", "top_k"}
        assert settings["top_k"].source is Source.PRESET
        assert bed.state.seed == 42
        assert bed.state.cursor == bed.state.to_start(bed.story).cursor
        assert bed.bench.panes.plot.plot.id == "histogram"
        assert bed.message.startswith("Lesson 4 is set up; z takes it back.")
        assert "built-in model" in bed.message  # for this one is scripted
        await bed.press("z")
        assert bed.state.decisions == before


async def test_a_lesson_about_a_run_s_end_runs(start):
    async with start(language="en") as bed:
        await bed.press("i", *[")"] * 7, "I")
        assert len(bed.drawn()) > 1
        assert bed.state.cursor == bed.state.tip


async def test_while_tokens_are_drawn_a_lesson_waits(start):
    gate = Gate()
    async with start(language="en", make=lambda: Gated(gate)) as bed:
        await bed.pilot.press("i", "n")
        await bed.until(lambda: bed.state.stepping)
        given = bed.state.given
        await bed.pilot.press("I")
        await bed.pilot.pause()
        assert bed.state.given == given
        assert bed.message
        gate.let()
        await bed.shown()


async def test_a_plot_that_there_is_not_is_ignored(start):
    async with start(language="en") as bed:
        await bed.press("i", "I")
        assert bed.bench.panes.plot.plot.id == "temperatures"
        bed.bench.room.show_plot("no such plot")
        assert bed.bench.panes.plot.plot.id == "temperatures"
        assert bed.state.given["temperature"] == 1.0


async def test_on_a_small_terminal_a_lesson_about_the_plot_shows_it_and_one_about_the_list_the_list(start):
    async with start(size=SMALL, language="en") as bed:
        panes = bed.bench.panes
        await bed.press("i", *"))))", "I")
        assert panes.plot.display and not panes.candidates.display
        await bed.press("(", "(", "I")
        assert panes.candidates.display and not panes.plot.display


async def test_the_pane_goes_by_its_key_and_keeps_its_page(start):
    async with start(language="en") as bed:
        panes = bed.bench.panes
        await bed.press("i", ")", "escape")
        assert bed.app.focused is panes.candidates
        assert panes.lesson.display
        await bed.press("i")
        assert bed.app.focused is panes.lesson
        await bed.press("i")
        assert not panes.lesson.display
        assert panes.prompt.display and bed.app.focused is panes.candidates
        await bed.press("i")
        assert place(bed) == "Lesson 2 of 8"


async def test_the_prompt_is_written_in_the_lesson_s_place_meanwhile(start):
    async with start(language="en") as bed:
        panes = bed.bench.panes
        await bed.press("i", "e")
        await bed.until(lambda: bed.app.focused is panes.prompt)
        assert panes.prompt.display and not panes.lesson.display
        await bed.press("escape")
        assert panes.lesson.display and not panes.prompt.display


async def test_a_zoomed_lesson_has_the_screen(start):
    async with start(language="en", size=SMALL) as bed:
        await bed.press("i", "plus")
        assert bed.bench.panes.lesson.size.height > 15
        await bed.press("plus")
        assert bed.bench.panes.lesson.size.height < 10


async def test_keys_of_one_s_own_and_one_s_own_lessons(start, tmp_path):
    folder = tmp_path / "config" / "samplescope" / "lessons"
    folder.mkdir(parents=True)
    words = '[words.en]\ntitle = "[b]Own[/b]"\ntext = "`{run}` runs."\ntry = "x"\nthen = "y"\n'
    (folder / "own.toml").write_text(f'id = "own"\norder = 0\n{words}')
    (folder / "bad.toml").write_text("order = 1")
    async with start(language="en", config=Config(keymap={"run": "f5"})) as bed:
        await bed.press("i")
        await bed.until(lambda: "bad.toml" in screen_text(bed.app))
        assert "[b]Own[/b]" in screen_text(bed.app)
        assert "`f5` runs." in screen_text(bed.app)


@pytest.mark.parametrize("size", [WIDE, SMALL, (100, 30), (70, 40), (120, 22), (120, 16), (60, 15)])
@pytest.mark.parametrize("language", ["en", "ko"])
async def test_borders_stay_aligned_and_the_list_in_sight(start, size, language):
    async with start(size=size, language=language) as bed:
        await bed.press("i")
        strips = bed.app.screen._compositor.render_strips()
        assert {cell_len(strip.text) for strip in strips} == {size[0]}
        assert bed.bench.panes.lesson.size.height >= 4
        assert bed.bench.panes.candidates.size.height >= 3


async def test_a_lesson_that_is_turned_or_set_up_takes_the_keys_from_a_slider(start):
    async with start(language="en") as bed:
        await bed.press("i")
        for key in (")", "I"):
            await bed.press("comma")
            assert bed.bench.panes.controls in bed.app.focused.ancestors_with_self
            await bed.press(key)
            await bed.until(lambda: bed.app.focused is bed.bench.panes.lesson)
        given = bed.state.given
        await bed.press("left")
        assert bed.state.given == given
