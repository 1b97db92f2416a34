"""The text of each token of a branch, and the lines it is broken into."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.ui.story_paths import after, path
from tui.core.printable import printable
from tui.core.story import How, Node
from tui.core.tokens import join_text
from tui.widgets.story_layout import Layout
from tui.widgets.story_spans import BEGINS, CHANGED, CHOSEN, NEWLINE, Spans


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
    assert drawn(laid(nodes, 80)) == [f"In a{BEGINS} b c {CHANGED}{CHOSEN}d {CHANGED}e"]


# -- lines -----------------------------------------------------------------------------------------------------------


def test_lines_break_behind_blanks_and_at_the_texts_own_line_breaks():
    nodes = path("The", " scient", "ists", " studied", "\n", "\n", "DNA", how=How.PROMPT)
    assert drawn(laid(nodes, 12)) == ["The ", "scientists ", f"studied{NEWLINE}", NEWLINE, "DNA"]


def test_line_breaks_that_follow_one_another_share_a_line_and_each_is_its_own_tokens():
    nodes = path("a", "\n", "\n\n", "\n", " b", "\n", how=How.PROMPT)
    nodes = after(nodes, "\n", "\n", "c")
    layout = laid(nodes, 12)
    assert drawn(layout) == [f"a{NEWLINE}", 3 * NEWLINE, f" b{NEWLINE}", f"{BEGINS}{NEWLINE}", NEWLINE, "c"]
    assert [layout.node_at(1, x) for x in range(4)] == [2, 2, 3, 3]
    assert [layout.caret(index) for index in (1, 2, 3, 7)] == [(1, 0), (1, 2), (2, 0), (5, 0)]


def test_many_line_breaks_take_as_many_lines_as_they_fill():
    assert drawn(laid(path("\n" * 10, how=How.PROMPT), 4)) == [4 * NEWLINE, 4 * NEWLINE, 2 * NEWLINE, ""]


@pytest.mark.parametrize("width", [8, 9, 10, 11, 20])
def test_a_byte_mark_never_breaks_over_two_lines(width):
    lines = drawn(laid(path(b"caf\xa9\xe2 ", b"x\xff\xfe", "\u200b\u202e", how=How.PROMPT), width))
    assert "".join(lines) == "caf⟨A9⟩⟨E2⟩ x⟨FF⟩⟨FE⟩⟨200B⟩⟨202E⟩"
    assert all(line.count("⟨") == line.count("⟩") for line in lines)


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


@given(pieces, st.integers(9, 24))
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
