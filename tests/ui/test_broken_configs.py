"""Configurations and themes that are wrong are told in a line each; whatever is accepted can be used."""

import time
import tomllib

import pytest

from tests.broken_configs import CONFIGS, ODD_CONFIGS, ODD_THEMES, THEMES
from tests.ui.conftest import screen_text
from tui import config, keys
from tui.themes import load_themes


def loaded(folder, text):
    """(keymap, problems) of a configuration."""
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    settings, problems = config.load(file)
    keymap, wrong = keys.check_keymap(settings.keymap)
    return keymap, [*problems, *wrong]


@pytest.mark.parametrize("name", [name for name in CONFIGS if "theme that is none" not in name])
def test_a_wrong_configuration_is_told(name, tmp_path):
    started = time.monotonic()
    keymap, problems = loaded(tmp_path, CONFIGS[name])
    assert problems and all("\x1b" not in problem and "\n" not in problem for problem in problems)
    assert {"n", "ctrl+c"} & set(keymap.of("step").split(",")) == {"n"}
    assert "ctrl+c" in keymap.of("interrupt")
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("name", ODD_CONFIGS)
def test_an_odd_configuration_is_used(name, tmp_path):
    keymap, problems = loaded(tmp_path, ODD_CONFIGS[name])
    assert problems == []
    assert keymap.keys() == tomllib.loads(ODD_CONFIGS[name].removeprefix("\ufeff")).get("keymap", {}).keys()
    assert "ctrl+c" in keymap.of("interrupt")


def write(folder, themes):
    folder.mkdir(parents=True)
    for name, text in themes.items():
        plain = 'primary = "#00a0ff"\n' if "primary" not in text else ""
        (folder / f"{name}.toml").write_text(
            ("\ufeff" if "\ufeff" in text else "") + plain + text.replace("\ufeff", ""), encoding="utf-8"
        )


def test_each_wrong_theme_is_left_out_with_a_line(tmp_path):
    write(tmp_path / "themes", THEMES)
    themes, problems = load_themes(tmp_path / "themes")
    assert [problem.split(".toml")[0].removeprefix("Theme ") for problem in problems] == sorted(THEMES)
    assert {theme.name for theme in themes} & set(THEMES) == set()


async def test_each_odd_theme_can_be_chosen(start, tmp_path):
    write(tmp_path / "config/samplescope/themes", ODD_THEMES)
    async with start() as bed:
        assert set(ODD_THEMES) <= set(bed.app.own_themes)
        for name in ODD_THEMES:
            bed.app.theme = name
            await bed.pilot.pause()
            await bed.press("v", "v")
        assert bed.app._crash == ""


def test_samplescopes_own_themes_pass():
    assert load_themes()[1] == []


async def test_a_hundred_thousand_wrong_entries_are_a_few_lines(start, tmp_path):
    file = tmp_path / "config/samplescope/config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(CONFIGS["a hundred thousand actions"])
    settings, problems = config.load(file)
    async with start(config=settings) as bed:
        assert problems == [] and len(bed.app.problems) == 100_000
        assert len(bed.app._notifications) == 6
        assert "99,995 more" in screen_text(bed.app)


async def test_an_emoji_is_shown_and_used_as_the_key_it_is(start, tmp_path):
    async with start(config=config.Config(keymap={"step": "🦄"})) as bed:
        assert "🦄 step" in screen_text(bed.app)
        await bed.press("🦄")
        assert len(bed.drawn()) == 1
