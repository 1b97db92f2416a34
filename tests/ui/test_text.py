"""The text pane: one span per token, laid out line by line, with the cursor between two tokens."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.ui.bare import alone, lines, styles_at
from tui.core.printable import printable
from tui.core.story import ROOT, How, Node
from tui.core.tokens import join_text
from tui.widgets.story_layout import Layout
from tui.widgets.story_spans import BEGINS, CHANGED, CHOSEN, NEWLINE, Spans
from tui.widgets.text import SURPRISAL_EDGES, StoryText, surprisal_step


def path(*pieces, how=How.SAMPLED, **more):
    """A path of nodes with these pieces, otherwise alike."""
    return tuple(
        Node(
            number,
            number - 1,
            number - 1,
            number,
            piece if isinstance(piece, bytes) else piece.encode(),
            how=how,
            **more,
        )
        for number, piece in enumerate(pieces, 1)
    )


def after(nodes, *pieces, **more):
    """A path with more tokens appended."""
    number = len(nodes)
    return nodes + tuple(
        Node(number + i, number + i - 1, number + i - 1, 7, piece.encode(), **{"how": How.SAMPLED, **more})
        for i, piece in enumerate(pieces, 1)
    )


def texts(nodes):
    """The text that each token shows."""
    spans = Spans()
    spans.update(nodes, 0)
    return ["".join(glyph.text for glyph in spans.glyphs(index) if not glyph.mark) for index in range(len(nodes))]


def _fresh_glyphs(nodes):
    spans = Spans()
    spans.update(nodes, 0)
    return [spans.glyphs(index) for index in range(len(nodes))]


def drawn(layout):
    return ["".join(glyph.text for glyph in line.glyphs) for line in layout.lines]


def laid(nodes, width):
    layout = Layout()
    layout.resize(width)
    layout.update(nodes, 0)
    return layout


# -- spans -----------------------------------------------------------------------------------------------------------


def test_a_character_belongs_to_the_token_that_completes_it():
    assert texts(path(b"a\xf0\x9f", b"\x98", b"\x80!")) == ["a", "", "😀!"]


def test_bytes_that_never_become_a_character_stay_with_their_own_token():
    assert texts(path(b"x\xe2", b" bad", b"\xff", b"\xe2\x82")) == ["x⟨E2⟩", " bad", "⟨FF⟩", "⟨E2⟩⟨82⟩"]


def test_a_half_character_at_the_end_shows_its_bytes_until_the_next_token_completes_it():
    spans = Spans()
    start, whole = path(b"caf", b"\xc3"), path(b"caf", b"\xc3", b"\xa9")
    spans.update(start, 0)
    assert "".join(glyph.text for glyph in spans.glyphs(1)) == "⟨C3⟩"
    assert spans.update(whole, 2) == 1
    assert [glyph.text for glyph in spans.glyphs(1)] == []
    assert "é" in [glyph.text for glyph in spans.glyphs(2)]


def test_an_id_without_a_token_shows_as_unused_and_a_token_without_text_as_nothing():
    start = path("a", "")
    assert texts((*start, Node(3, 2, 2, 99, b"", special=True, how=How.SAMPLED))) == ["a", "", "⟨unused 99⟩"]


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        (["क", "ा", "क", "ा"], ["क", "ा", "क", "ा"]),  # a spacing mark has a cell of its own
        (["न", "ि", "ं", "x"], ["न", "", "िं", "x"]),
        (["க", "்", "ஷ"], ["", "க்", "ஷ"]),
        (["cafe", "\u0301", "!"], ["caf", "e\u0301", "!"]),
        (["👩\u200d", "👩", "\u200d👧", "!"], ["", "", "👩\u200d👩\u200d👧", "!"]),
        (["क", "\u094d", "\u200d", "ष"], ["", "", "", "क\u094d\u200dष"]),
        (["ᄒ", "ᅡ", "ᆫ"], ["", "", "한"]),
    ],
)
def test_what_is_drawn_as_one_belongs_to_the_token_that_completes_it(pieces, shown):
    assert texts(path(*pieces)) == shown


@pytest.mark.parametrize("mark", ["\u0301", "\u093e"])
@pytest.mark.parametrize("before", ["", "a ", "a\n", "\x1b", b"\xe2"])
def test_a_mark_with_no_letter_before_it_is_shown_as_a_mark_alone(mark, before):
    assert texts(path(before, mark))[1] == printable(mark)


@given(
    st.lists(st.sampled_from(["a", "क", "ा", "्", "\u0301", "\u200d", "👩", " ", "\n", "\u1161"]), max_size=12),
    st.data(),
)
def test_a_path_that_grows_or_changes_shows_what_a_new_one_shows(pieces, data):
    spans, nodes = Spans(), path(*pieces)
    kept = data.draw(st.integers(0, len(nodes)))
    spans.update(path(*pieces[:kept], "x", "\u0301"), 0)
    spans.update(nodes, kept)
    assert [spans.glyphs(index) for index in range(len(nodes))] == _fresh_glyphs(nodes)


def test_hostile_tokens_show_as_printable_text():
    hostile = ["\x1b[2J", "\x9b31m", "\u202eevil", "\u0301", "[/b]", "\x00"]
    for text in hostile:
        assert texts(path(text)) == [printable(text, space=" ")]


@given(st.lists(st.binary(max_size=5), max_size=12))
def test_no_byte_is_lost_and_nothing_unprintable_is_shown(pieces):
    shown = "".join(texts(path(*pieces)))
    assert all(char.isprintable() for char in shown)
    if "\ufffd" not in join_text(pieces):
        everything = "".join(printable(char, space=" ").removeprefix("◌") for char in join_text(pieces) if char != "\n")
        assert shown.replace("◌", "") == everything.replace("◌", "")


def test_marks_say_where_the_prompt_ends_what_was_chosen_and_where_settings_changed():
    nodes = path("In", " a", how=How.PROMPT)
    nodes = after(nodes, " b", given={"top_k": 5}, seed=1)
    nodes = after(nodes, " c", given={"top_k": 5}, seed=1)
    nodes = after(nodes, " d", given={"top_k": 6}, seed=1, how=How.CHOSEN)
    nodes = after(nodes, " e", given={"top_k": 6}, seed=2)
    assert drawn(laid(nodes, 80)) == [f"In a {BEGINS}b c {CHANGED}{CHOSEN}d {CHANGED}e"]


# -- lines -----------------------------------------------------------------------------------------------------------


def test_lines_break_behind_blanks_and_at_the_texts_own_line_breaks():
    nodes = path("The", " scient", "ists", " studied", "\n", "\n", "DNA", how=How.PROMPT)
    assert drawn(laid(nodes, 12)) == ["The ", "scientists ", f"studied{NEWLINE}", NEWLINE, "DNA"]


def test_a_word_longer_than_the_line_is_cut_and_wide_characters_are_not():
    assert drawn(laid(path("abcdefghij", how=How.PROMPT), 5)) == ["abcd", "efgh", "ij"]
    assert drawn(laid(path("日本語テ", how=How.PROMPT), 6)) == ["日本", "語テ"]


pieces = st.lists(
    st.one_of(
        st.sampled_from([" ", "  ", "\n", " a", "word", " longer", "日本", "é", "\u0301"]).map(str.encode),
        st.binary(min_size=0, max_size=4),
    ),
    max_size=30,
)


@given(pieces, st.integers(1, 24))
def test_a_path_laid_out_token_by_token_is_laid_out_as_in_one_piece(pieces, width):
    nodes = path(*pieces)
    layout = Layout()
    layout.resize(width)
    for count in range(len(nodes)):
        layout.update(nodes[: count + 1], count)
    assert layout.lines == laid(nodes, width).lines


@given(pieces, pieces, st.integers(0, 30), st.integers(1, 24))
@example([b""], [b" "], 0, 1)
def test_another_branch_is_laid_out_as_in_one_piece(pieces, others, fork, width):
    one = path(*pieces)
    other = after(one[:fork], *[piece.decode("latin-1") for piece in others])
    layout = laid(one, width)
    layout.update(other, min(fork, len(one)))
    assert layout.lines == laid(other, width).lines


def test_a_shorter_word_on_another_branch_goes_back_up_to_the_line_before():
    one = path("aaa", " bb", "bbbb", how=How.PROMPT)
    layout = laid(one, 8)
    assert drawn(layout) == ["aaa ", "bbbbbb"]
    layout.update(after(one[:2], ".", how=How.PROMPT), 2)
    assert drawn(layout) == ["aaa bb."]


@given(pieces, st.integers(2, 24))
def test_no_line_is_wider_than_the_pane_and_every_cell_is_some_tokens(pieces, width):
    layout = laid(path(*pieces), width)
    for number, line in enumerate(layout.lines):
        cells = sum(glyph.width for glyph in line.glyphs)
        assert cells <= width
        x = 0
        for glyph in line.glyphs:
            assert layout.node_at(number, x) == glyph.node
            x += glyph.width


@pytest.mark.parametrize("length", [200, 5000])
def test_one_more_token_lays_out_the_last_lines_only_however_long_the_story(length):
    nodes = path(*[" word"] * length)
    layout = laid(nodes, 60)
    before = layout.laid_out
    for count in range(100):
        nodes = after(nodes, " more")
        layout.update(nodes, length + count)
    assert layout.laid_out - before <= 200
    assert len(layout.lines) > length * 5 // 60


def test_the_cursor_stands_on_the_first_cell_behind_its_token():
    layout = laid(path("The", " dog", b"\xf0\x9f", b"\x98\x80", "\n", "x"), 20)
    assert layout.caret(-1) == (0, 0)
    assert layout.caret(0) == (0, 3)
    assert layout.caret(2) == layout.caret(1) == (0, 7)
    assert layout.caret(3) == (0, 9)
    assert layout.caret(4) == (1, 0)
    assert layout.caret(5) == (1, 1)


# -- the pane --------------------------------------------------------------------------------------------------------


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
        assert styles_at(text, "later").dim
        text.fresh, text.unreachable, text.cursor = None, {}, nodes[-1].id
        assert not styles_at(text, "struck").strike
        assert not styles_at(text, "fresh").bold
        assert not styles_at(text, "later").dim


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
