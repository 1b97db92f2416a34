"""Recent prompts, own presets and the theme: chosen again, by key, in dialogs that fit the terminal."""

import pytest
from textual.widgets import Input

from tests.ui.conftest import SMALL, WIDE, screen_text
from tui import own_presets, paths, recent
from tui.config import Config
from tui.core.presets import UNICORNS
from tui.screens.presets import PresetsScreen
from tui.screens.prompts import PromptsScreen
from tui.widgets.prompt import PromptEditor

HOSTILE = "\x1b]0;x\x07[@click=app.exit(3)]go[/] and\nmore"


async def opened(bed, key, dialog):
    await bed.pilot.press(key)
    await bed.until(lambda: isinstance(bed.app.screen, dialog))
    await bed.pilot.pause()
    return bed.app.screen


async def closed(bed):
    await bed.until(lambda: bed.app.screen is bed.bench)


# -- prompts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [WIDE, SMALL])
async def test_a_submitted_prompt_is_listed_and_goes_into_the_editor_unsubmitted(start, size):
    async with start(size=size, prompt="the herd") as bed:
        bed.submit(HOSTILE)
        await bed.shown()
        bed.submit("the unicorns")
        await bed.shown()
        dialog = await opened(bed, "P", PromptsScreen)
        assert dialog._choices == ["the unicorns", HOSTILE, UNICORNS]
        listed = screen_text(bed.app)
        assert "␛]0;x␇[@click=app.exit(3)]go[/] and …" in listed
        assert f"{len(UNICORNS)} " in listed and "characters" in listed
        await bed.pilot.press("down", "down", "enter")
        await closed(bed)
        editor = bed.bench.query_one(PromptEditor)
        await bed.until(lambda: editor.has_focus)
        assert editor.text == HOSTILE
        assert editor.has_class("-edited") and bed.explorer.picture.submitted == "the unicorns"


async def test_undo_brings_the_editors_old_text_back(start):
    recent.remember_prompt("an old one\n")
    async with start(prompt="the herd") as bed:
        editor = bed.bench.query_one(PromptEditor)
        await bed.pilot.press("e", "X")
        await bed.pilot.press("escape")
        await opened(bed, "P", PromptsScreen)
        await bed.pilot.press("enter")
        await bed.until(lambda: editor.text == "an old one\n" and editor.has_focus)
        await bed.pilot.press("ctrl+z")
        await bed.until(lambda: editor.text == "the herdX")


async def test_the_list_is_filtered_by_typing(start):
    recent.remember_prompt("a walk by the sea")
    async with start() as bed:
        dialog = await opened(bed, "P", PromptsScreen)
        await bed.type("WALK")
        await bed.until(lambda: dialog._choices == ["a walk by the sea"])
        await bed.type("x")
        await bed.until(lambda: "no prompt of the last ones" in screen_text(bed.app))
        await bed.pilot.press("enter", "escape")
        await closed(bed)
        assert bed.bench.query_one(PromptEditor).text == UNICORNS


async def test_no_prompt_is_remembered_where_nothing_shall_be_kept(start):
    async with start(config=Config(resume=False)) as bed:
        bed.submit("the unicorns")
        await bed.shown()
    assert not paths.prompts_file().exists()


# -- presets -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [WIDE, SMALL])
async def test_the_settings_are_kept_by_a_name_and_used_again(start, size):
    async with start(size=size, given={"temperature": 0.7, "top_k": 0}) as bed:
        await bed.pilot.press("K")
        await bed.until(lambda: "temperature 0.70 · top-k off" in screen_text(bed.app))
        await bed.type("{run} [b]calm")
        await bed.pilot.press("enter")
        await closed(bed)
        assert bed.message == "Kept as {run} [b]calm; O lists it."
        await bed.press("3")
        await opened(bed, "O", PresetsScreen)
        lines = [line for line in screen_text(bed.app).split("\n") if " · top-k off" in line]
        assert [("{run} [b]calm" in line) for line in lines] == [False, False, True]
        await bed.pilot.press("end", "enter")
        await closed(bed)
        await bed.shown()
        assert bed.state.given == {"temperature": 0.7, "top_k": 0}
        assert (bed.state.preset, bed.state.preset_name) == (frozenset({"temperature", "top_k"}), "{run} [b]calm")


async def test_the_posts_presets_are_in_the_list_too(start):
    async with start() as bed:
        await opened(bed, "O", PresetsScreen)
        await bed.pilot.press("down", "enter")
        await closed(bed)
        await bed.shown()
        assert bed.state.preset_name == "cool"


async def test_one_of_your_own_is_removed_after_asking_and_the_posts_stay(start):
    own_presets.save("calm", {"temperature": 0.7})
    async with start() as bed:
        dialog = await opened(bed, "O", PresetsScreen)
        await bed.pilot.press("delete", "delete")
        await bed.until(lambda: "The post's presets stay." in screen_text(bed.app))
        await bed.pilot.press("end", "delete")
        await bed.until(lambda: "delete again removes calm" in screen_text(bed.app))
        await bed.pilot.press("up", "down")
        await bed.until(lambda: "delete again" not in screen_text(bed.app))
        await bed.pilot.press("delete")
        await bed.pilot.pause()
        assert [preset.name for preset in own_presets.load()[0]] == ["calm"]
        await bed.pilot.press("delete")
        await bed.until(lambda: "calm is removed." in screen_text(bed.app))
        assert len(dialog._presets) == 4
        assert own_presets.load() == ([], [])


async def test_a_preset_that_cannot_be_removed_says_why_and_stays(start):
    paths.make_private(paths.config_dir())
    paths.presets_file().write_text("presets.calm = { top_k = 3 }\n")
    async with start() as bed:
        dialog = await opened(bed, "O", PresetsScreen)
        await bed.pilot.press("end", "delete", "delete")
        await bed.until(lambda: "calm cannot be taken out" in screen_text(bed.app).replace("\n", ""))
        assert len(dialog._presets) == 5


async def test_a_name_that_is_taken_is_refused_in_the_dialog(start):
    own_presets.save("calm", {"temperature": 0.7})
    async with start(given={"top_k": 3}) as bed:
        await bed.pilot.press("K")
        await bed.until(lambda: len(bed.app.screen_stack) == 2)
        await bed.type("calm")
        await bed.pilot.press("enter")
        await bed.until(lambda: "There is a preset 'calm' already." in screen_text(bed.app))
        assert bed.app.screen.query_one(Input).value == "calm"


async def test_without_settings_of_your_own_there_is_nothing_to_keep(start):
    async with start() as bed:
        await bed.press("K")
        assert "nothing to keep" in bed.message


async def test_an_unusable_preset_is_told_at_the_start(start):
    paths.make_private(paths.config_dir())
    paths.presets_file().write_text("[presets.mad]\ntop_p = 9\n")
    async with start() as bed:
        assert any("presets.mad: Top-p must be" in problem for problem in bed.app.problems)


# -- the theme ---------------------------------------------------------------------------------------------------------


async def test_a_theme_chosen_by_key_is_used_next_time(start):
    async with start() as bed:
        first = bed.app.theme
        await bed.press("t")
        await bed.until(lambda: recent.theme() == bed.app.theme)
        chosen = bed.app.theme
    assert chosen != first
    async with start() as bed:
        assert bed.app.theme == chosen


async def test_a_theme_chosen_in_the_palette_is_used_next_time(start):
    async with start() as bed:
        await bed.pilot.press("ctrl+p")
        await bed.until(lambda: len(bed.app.screen_stack) == 2)
        await bed.type("Theme: dracula")
        await bed.pilot.pause(0.3)
        await bed.pilot.press("enter")
        await bed.until(lambda: recent.theme() == "dracula")


async def test_the_theme_of_the_configuration_always_wins(start):
    recent.remember_theme("dracula")
    async with start(config=Config(theme="samplescope-light")) as bed:
        assert bed.app.theme == "samplescope-light"


async def test_a_remembered_theme_that_is_gone_is_no_trouble(start):
    recent.remember_theme("\x1b]0;gone")
    async with start() as bed:
        assert bed.app.theme == "samplescope-dark"
        assert bed.app.problems == []


async def test_without_colours_the_terminals_own_theme_is_used_whatever_was_chosen(start, monkeypatch):
    recent.remember_theme("dracula")
    monkeypatch.setenv("NO_COLOR", "1")
    async with start() as bed:
        assert bed.app.theme == "samplescope-terminal"
        await bed.press("n")
    assert recent.theme() == "dracula"
