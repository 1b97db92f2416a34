"""The text pane: tokens in their colours, the cursor between two of them, and the border that explains the colours."""

import math

import pytest
from textual.style import Style

from tests.ui.bare import alone, lines, styles_at
from tests.ui.story_paths import after, path
from tui.core.story import ROOT, How
from tui.themes import load_themes
from tui.widgets.story_spans import BEGINS, CHANGED, CHOSEN, NEWLINE
from tui.widgets.surprise import SURPRISAL_EDGES, scale, surprisal_step
from tui.widgets.text import LEGEND, StoryText


def make(nodes, cursor=None, width=40, height=10, **more):
    text = StoryText()
    text.styles.width, text.styles.height = width, height
    text.path = nodes
    text.cursor = nodes[-1].id if cursor is None else cursor
    for name, value in more.items():
        setattr(text, name, value)
    return text


PROMPT = path("In", " a", " shocking", " finding", how=How.PROMPT)


async def test_tokens_are_coloured_by_how_surprising_they_were():
    nodes = after(after(PROMPT, " sure", surprisal=0.1), " odd", surprisal=20.0)
    text = make(nodes)
    async with alone(text):
        variables = text.app.theme_variables
        assert styles_at(text, "sure").color.triplet.hex == variables["surprisal-0"].lower()
        assert styles_at(text, "odd").color.triplet.hex == variables["surprisal-6"].lower()
        assert styles_at(text, "shocking").color.triplet.hex == variables["prompt"].lower()


def test_the_ramp_has_seven_steps_and_does_not_mind_numbers_that_are_not_there():
    assert [surprisal_step(bits) for bits in (0, *SURPRISAL_EDGES)] == list(range(7))
    assert surprisal_step(math.nan) == 0


async def test_chosen_fresh_unreachable_and_later_tokens_do_not_look_like_others():
    nodes = after(after(after(PROMPT, " plain"), " mine", how=How.CHOSEN), " struck", " fresh", " after", " later")
    struck, fresh = nodes[-4], nodes[-3]
    text = make(nodes, cursor=fresh.id, fresh=fresh.id, unreachable={struck.id: "top_k"})
    async with alone(text):
        plain = styles_at(text, "plain")
        assert not (plain.bold or plain.strike or plain.dim or plain.italic)
        assert styles_at(text, "mine").italic
        assert styles_at(text, "struck").strike
        assert styles_at(text, "fresh").bold
        assert styles_at(text, "fresh").bgcolor != plain.bgcolor
        assert styles_at(text, "later").color != plain.color
        text.fresh, text.unreachable, text.cursor = None, {}, nodes[-1].id
        assert not styles_at(text, "struck").strike
        assert not styles_at(text, "fresh").bold
        assert styles_at(text, "later").color == plain.color


def contrast(style):
    def luminance(colour):
        parts = (part / 255 for part in colour.triplet)
        r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    dark, light = sorted((luminance(style.color), luminance(style.bgcolor)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["samplescope-dark", "samplescope-light", "nord", "gruvbox", "solarized-light"])
async def test_text_behind_the_cursor_is_paler_and_stays_legible(theme):
    bits = [0.1, *SURPRISAL_EDGES]
    nodes = PROMPT
    for step, surprisal in enumerate(bits):
        nodes = after(nodes, f" step{step}", surprisal=surprisal)
    text = make(nodes, width=78)
    async with alone(text) as pilot:
        for own in load_themes()[0]:
            pilot.app.register_theme(own)
        pilot.app.theme = theme
        await pilot.pause()
        words = [f"step{step}" for step in range(7)]
        before = [styles_at(text, word) for word in words]
        text.cursor = PROMPT[-1].id
        later = [styles_at(text, word) for word in words]
        assert all(contrast(style) >= 4.45 for style in later)
        assert all(contrast(now) <= contrast(then) + 0.05 for now, then in zip(later, before, strict=True))
        assert contrast(later[-1]) < contrast(before[-1])
        assert len({style.color for style in later}) == 7


async def test_a_struck_token_does_not_strike_its_leading_blank():
    nodes = after(PROMPT, " struck", " ")
    text = make(nodes, unreachable={nodes[-2].id: "top_k", nodes[-1].id: "top_k"})
    async with alone(text):
        cells = {}
        for segment in text.render_line(0):
            cells |= {len(cells) + x: (char, segment.style.strike) for x, char in enumerate(segment.text)}
        start = len("In a shocking finding┊")
        assert cells[start] == (" ", None)
        assert cells[start + 1] == ("s", True)
        assert cells[start + len(" struck")] == (" ", True)  # a token of blanks only: nothing else would show it


async def test_the_border_has_the_scale_of_surprise_in_its_colours():
    text = make(after(PROMPT, " odd", surprisal=7.0), caption="1 new", width=60)
    async with alone(text) as pilot:
        await pilot.pause()
        assert lines(pilot.app)[0].startswith("╭─ Text · 1 new ──")
        assert lines(pilot.app)[9].endswith("─ surprise ■0 ■0.5 ■1 ■2 ■4 ■6 ■9+ bits ─╯")
        x = lines(pilot.app)[9].index("■6")
        strip = pilot.app.screen._compositor.render_strips()[9].crop(x, x + 2)
        assert next(iter(strip)).style.color == styles_at(text, "odd").color
        pilot.app.theme = "textual-light"
        await pilot.pause()
        strip = pilot.app.screen._compositor.render_strips()[9].crop(x, x + 2)
        assert next(iter(strip)).style.color == styles_at(text, "odd").color
        text.path = PROMPT
        await pilot.pause()
        assert "surprise" not in lines(pilot.app)[9]


async def test_without_a_lower_border_the_scale_stands_beside_the_caption():
    text = make(after(PROMPT, " odd", surprisal=7.0), caption="1 new", width=78)
    text.styles.border_bottom = ("none", "white")
    async with alone(text) as pilot:
        await pilot.pause()
        assert " Text · 1 new · surprise ■0 ■0.5 ■1 ■2 ■4 ■6 ■9+ bits ─" in lines(pilot.app)[0]


@pytest.mark.parametrize("width", range(0, 60, 5))
def test_the_scale_is_left_out_where_there_is_no_room(width):
    drawn = scale(lambda step: Style(), width)
    assert drawn.cell_length <= width
    assert bool(drawn) is (width >= 17)


def test_the_help_tells_every_mark():
    told = " ".join(mark for mark, _ in LEGEND)
    for mark in (BEGINS, CHOSEN, CHANGED, NEWLINE, "⟨E2⟩", "■0", "■9+", "struck", "block", "paler", "slanted"):
        assert mark in told


async def test_a_surprising_new_token_is_not_drawn_black_on_red():
    nodes = after(PROMPT, " odd", surprisal=20.0)
    text = make(nodes, fresh=nodes[-1].id)
    async with alone(text) as pilot:
        for own in load_themes()[0]:
            pilot.app.register_theme(own)
        pilot.app.theme = "samplescope-terminal"
        await pilot.pause()
        style = styles_at(text, "odd")
        assert not style.reverse
        assert style.bold and style.underline


async def test_without_colour_surprise_is_underlined():
    nodes = after(after(after(PROMPT, " sure", surprisal=0.1), " so", surprisal=3.0), " odd", surprisal=20.0)
    text = make(nodes)
    async with alone(text) as pilot:
        pilot.app.no_color = True
        pilot.app.refresh_css()
        await pilot.pause()
        assert not styles_at(text, "sure").underline
        assert styles_at(text, " so").underline
        assert styles_at(text, "odd").underline2


async def test_the_cursor_is_a_block_behind_its_token():
    text = make(after(PROMPT, " one", " two"))
    async with alone(text) as pilot:
        live = pilot.app.theme_variables["live"].lower()
        cell = text.render_line(0).crop(text._caret(text.cursor)[1], text._caret(text.cursor)[1] + 1)
        assert (cell.text, next(iter(cell)).style.bgcolor.triplet.hex) == (" ", live)
        text.cursor = PROMPT[-1].id
        cell = text.render_line(0).crop(len("In a shocking finding"), len("In a shocking finding") + 1)
        assert next(iter(cell)).style.bgcolor.triplet.hex == live


async def test_a_click_says_which_token():
    text = make(after(PROMPT, " one", " two"))
    async with alone(text) as pilot:
        await pilot.click(text, offset=(2 + len("In a shock"), 1))
        await pilot.click(text, offset=(30, 1))
        clicked = [message.node_id for message in pilot.app.heard if isinstance(message, StoryText.Clicked)]
        assert clicked == [PROMPT[2].id, text.path[-1].id]


async def test_the_pane_follows_the_cursor_down_and_up():
    nodes = path(*[f"{number}\n" for number in range(100)])
    text = make(nodes[:1])
    async with alone(text) as pilot:
        text.path, text.cursor = nodes, nodes[-1].id
        await pilot.pause()
        assert any("99" in line for line in lines(pilot.app))
        text.cursor = nodes[2].id
        await pilot.pause()
        assert any(line.startswith("│ 3") for line in lines(pilot.app))


async def test_scrolled_away_by_hand_it_stays_until_the_cursor_moves():
    nodes = path(*[f"{number}\n" for number in range(100)])
    text = make(nodes)
    async with alone(text) as pilot:
        await pilot.pause()
        text.scroll_to(y=0, animate=False)
        text.unreachable = {nodes[50].id: "top_p"}
        await pilot.pause()
        assert text.scroll_offset.y == 0
        text.cursor = nodes[98].id
        await pilot.pause()
        assert text.scroll_offset.y > 80


async def test_a_step_repaints_the_lines_it_touches():
    nodes = path(*["word "] * 40)
    text = make(nodes)
    async with alone(text) as pilot:
        await pilot.pause()
        painted = []
        text.render_line = lambda y, real=text.render_line: painted.append(y) or real(y)
        text.path = after(nodes, "more")
        text.cursor = text.path[-1].id
        text.fresh = text.cursor
        await pilot.pause()
        assert set(painted) == {len(text.layout_lines.lines) - 1}


async def test_moving_the_mouse_over_the_text_repaints_nothing():
    text = make(after(PROMPT, " one"))
    async with alone(text) as pilot:
        await pilot.pause()
        painted = []
        text.render_line = lambda y, real=text.render_line: painted.append(y) or real(y)
        for x in range(2, 20):
            await pilot.hover(text, offset=(x, 1))
        assert painted == []


async def test_hostile_tokens_cannot_act_and_cannot_crash_it():
    hostile = ["[/INST]", "[@click=app.exit(3)]x", "\x1b]52;c;aGk=\x07", "\u202e", "\x00", "\r", "", "\u0301"]
    text = make(after(PROMPT, *hostile), width=70)
    async with alone(text) as pilot:
        await pilot.pause()
        screen = "".join(lines(pilot.app))
        assert screen.isprintable()
        assert "[/INST][@click=app.exit(3)]x␛]52;c;aGk=␇⟨202E⟩␀␍" in screen


async def test_without_a_text_it_says_what_to_do():
    async with alone(StoryText()) as pilot:
        assert any("Write a prompt and submit it." in line for line in lines(pilot.app))


async def test_a_cursor_at_the_root_stands_before_the_first_token():
    text = make(PROMPT, cursor=ROOT)
    async with alone(text):
        assert text._caret(ROOT) == (0, 0)


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (10, 4), (200, 60)])
async def test_any_size_is_survived(size):
    text = make(after(PROMPT, " 日本語", " more"), width=size[0], height=size[1])
    async with alone(text, size=size) as pilot:
        await pilot.pause()
        await pilot.resize_terminal(60, 20)
        text.styles.width, text.styles.height = 50, 10
        await pilot.pause()
        assert "日本語" in "".join(lines(pilot.app))
