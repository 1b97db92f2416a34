"""Themes: all text legible, even surprisal steps also in grey, invalid themes left out with a reason."""

import math
from itertools import pairwise

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tests.handmade import view
from tests.panes import Pane
from tui.themes import OWN_VARIABLES, STEPS, load_themes, themes_folder, variable_defaults
from tui.widgets.candidates import CandidateList
from tui.widgets.text import StoryText

THEMES = {theme.name: theme for theme in load_themes()[0]}
TRUE_COLOUR = ["samplescope-dark", "samplescope-light"]
TEXTS = ["live", "cut", "quiet", "removed", "prompt", "special", "raw", *(f"surprisal-{step}" for step in range(STEPS))]


def oklab(colour: Color) -> tuple[float, float, float]:
    """A colour in Björn Ottosson's OKLab, where distances are close to perceived differences."""
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.normalized)
    l_ = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    m_ = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    s_ = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * l_ + 0.7936177850 * m_ - 0.0040720468 * s_,
        1.9779984951 * l_ - 2.4285922050 * m_ + 0.4505937099 * s_,
        0.0259040371 * l_ + 0.7827717662 * m_ - 0.8086757660 * s_,
    )


def contrast(one: Color, other: Color) -> float:
    """WCAG 2's contrast ratio."""

    def luminance(colour: Color) -> float:
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.normalized)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def ramp(theme):
    return [oklab(Color.parse(theme.variables[f"surprisal-{step}"])) for step in range(STEPS)]


def test_there_are_a_dark_a_light_and_the_terminals_own():
    assert list(THEMES) == ["samplescope-dark", "samplescope-light", "samplescope-terminal"]
    assert load_themes()[1] == []
    assert [theme.dark for theme in THEMES.values()] == [True, False, True]


@pytest.mark.parametrize("name", THEMES)
def test_every_theme_says_all_our_colours_itself(name):
    assert set(OWN_VARIABLES) <= THEMES[name].variables.keys()


@pytest.mark.parametrize("name", TRUE_COLOUR)
def test_every_text_has_a_contrast_of_4_5_to_1_wherever_it_stands(name):
    theme = THEMES[name]
    cursors = [Color.parse(theme.variables[cursor]) for cursor in ("cursor", "cursor-blurred")]
    plain = [Color.parse(theme.background), Color.parse(theme.surface)]
    texts = {text: Color.parse(theme.variables[text]) for text in TEXTS} | {
        role: Color.parse(getattr(theme, role)) for role in ("foreground", "error", "success", "warning", "primary")
    }
    low = [
        (text, background.hex, round(contrast(colour, background), 2))
        for text, colour in texts.items()
        for background in plain + ([] if text.startswith("surprisal") else cursors)
        if contrast(colour, background) < 4.5
    ]
    assert low == []


@pytest.mark.parametrize("name", TRUE_COLOUR)
def test_surprise_rises_in_even_steps_and_reads_in_grey(name):
    theme = THEMES[name]
    steps = ramp(theme)
    away_from_background = 1 if theme.dark else -1
    lightness = [away_from_background * step[0] for step in steps]
    assert all(after - before > 0.03 for before, after in pairwise(lightness))
    distances = [math.dist(before, after) for before, after in pairwise(steps)]
    assert max(distances) / min(distances) < 1.25
    assert min(distances) > 0.05
    assert math.dist(steps[0], oklab(Color.parse(theme.variables["prompt"]))) > 0.05


@pytest.mark.parametrize("name", [name for name, theme in BUILTIN_THEMES.items() if not theme.ansi])
def test_the_ramp_of_a_theme_without_one_is_legible_too_and_its_steps_differ(name):
    theme = BUILTIN_THEMES[name]
    background = Color.parse(theme.to_color_system().generate()["background"])
    ramp = [Color.parse(variable_defaults(theme)[f"surprisal-{step}"]) for step in range(STEPS)]
    assert min(contrast(colour, background) for colour in ramp) >= 4.45  # rounded to 8 bits
    assert min(math.dist(oklab(one), oklab(other)) for one, other in pairwise(ramp)) > 0.05
    shades = [abs(oklab(colour)[0] - oklab(background)[0]) for colour in ramp]
    assert shades == sorted(shades)


def looks(text):
    """The foreground and the text style of each step, in the terminal's own colours."""
    return [text.get_component_rich_style(f"story--surprisal-{step}", partial=True) for step in range(STEPS)]


async def test_in_16_colours_seven_steps_have_seven_looks_and_none_is_the_prompts():
    text = StoryText()
    pane = Pane(text, "samplescope-terminal")
    async with pane.run_test(size=(60, 12)):
        seven = [(style.color.name, style.bold) for style in looks(text)]
        prompt = text.get_component_rich_style("story--prompt", partial=True)
        assert len({*seven, (prompt.color.name, prompt.bold)}) == STEPS + 1


def test_the_terminals_theme_uses_its_16_colours_and_nothing_else():
    theme = THEMES["samplescope-terminal"]
    own = [theme.variables[name] for name in OWN_VARIABLES]
    assert theme.ansi
    assert all(Color.parse(colour).ansi is not None for colour in own)
    assert not {"ansi_white", "ansi_bright_white", "ansi_black", "ansi_bright_yellow"} & set(own)


@pytest.mark.parametrize("name", [*BUILTIN_THEMES, *THEMES])
async def test_our_widgets_draw_under_every_theme_textual_has(name):
    pane = Pane(CandidateList())
    async with pane.run_test(size=(60, 12)) as pilot:
        pane.pane.viewed = view(50, top_k=3)
        pane.theme = name
        await pilot.pause()
        assert "·scientists" in pane.lines()[1]
    assert set(OWN_VARIABLES) <= variable_defaults(pane.available_themes[name]).keys()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("primary = 'bluish'", "bluish"),
        ("primary = '#fff'\n[variables]\nsurprisal-3 = 'rose'", "surprisal-3 = 'rose' is no colour"),
        ("primary = '#fff'\ncolour = 'red'", "it has no use for 'colour'"),
        ("accent = '#fff'", "missing required field primary"),
        ("primary = ", "nvalid"),
        ("primary = '#fff'\nvariables = 3", "got int - at variables"),
        ("primary = 3", "got int - at primary"),
        ("primary = '#fff'\ndark = 'perhaps'", "at dark"),
        ("primary = '#fff'\nname = 3", "at name"),
        ("primary = " + "[" * 10_000, "it is nested too deeply"),
    ],
)
def test_a_bad_theme_is_left_out_and_the_reason_told(text, reason, tmp_path):
    (tmp_path / "mine.toml").write_text(text)
    (tmp_path / "good.toml").write_text("primary = '#abcdef'\n[variables]\nlive = 'red 50%'\nfooter-style = 'bold'")
    themes, problems = load_themes(tmp_path)
    assert [theme.name for theme in themes] == [*THEMES, "good"]
    assert len(problems) == 1
    assert problems[0].startswith("Theme mine.toml is left out: ")
    assert reason in problems[0]
    assert "\n" not in problems[0]


def test_bytes_that_are_no_text_are_a_bad_theme_too(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe\x00")
    assert len(load_themes(tmp_path)[1]) == 1


def test_a_persons_theme_takes_the_place_of_ours_of_the_same_name(tmp_path):
    (tmp_path / "x.toml").write_text("name = 'samplescope-dark'\nprimary = '#abcdef'")
    themes, problems = load_themes(tmp_path)
    assert problems == []
    assert [theme.primary for theme in themes if theme.name == "samplescope-dark"] == ["#abcdef"]


def test_no_folder_is_no_problem(tmp_path):
    assert load_themes(tmp_path / "none")[1] == []
    assert themes_folder().is_dir()
