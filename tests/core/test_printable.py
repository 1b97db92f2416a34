"""Any text of a token, a prompt or a server becomes one visible line without control characters."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.core.printable import EMPTY, printable, printable_bytes

ACTING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Controls, format characters (bidi among them), surrogates, private, unassigned, line and paragraph separators."""


def acting(text):
    return [f"U+{ord(char):04X}" for char in text if unicodedata.category(char) in ACTING]


def test_every_code_point_becomes_something_visible_that_acts_on_nothing():
    shown = {printable(chr(code)) for code in range(0x110000)}
    assert acting(set("".join(shown))) == []
    assert [text for text in shown if cell_len(text) < 1 or text.isspace()] == []


def test_every_code_point_keeps_that_inside_a_text():
    # In pieces of 4,096, so that each character stands between others.
    for start in range(0, 0x110000, 4096):
        text = printable("a" + "".join(map(chr, range(start, start + 4096))))
        assert acting(set(text)) == []
        assert len(text.splitlines()) == 1


@settings(max_examples=2000)
@given(st.text(st.characters(), max_size=40))
def test_any_text_is_one_line_of_at_least_one_cell(text):
    shown = printable(text)
    assert acting(shown) == []
    assert shown.splitlines() == [shown]
    assert cell_len(shown) >= 1


@settings(max_examples=2000)
@given(st.binary(max_size=40))
def test_any_bytes_are_one_line_of_at_least_one_cell(data):
    shown = printable_bytes(data)
    assert acting(shown) == []
    assert shown.splitlines() == [shown]
    assert cell_len(shown) >= 1


@given(st.text(st.characters(codec="utf-8")))
def test_bytes_that_are_utf_8_read_as_their_text(text):
    assert printable_bytes(text.encode()) == printable(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", EMPTY),
        (" cat", "·cat"),
        ("a\n\tb", "a↵⇥b"),
        ("\x1b[31m", "␛[31m"),
        ("\x00\x07\x7f", "␀␇␡"),
        ("\x9b31m", "⟨9B⟩31m"),
        ("\u202eabc", "⟨202E⟩abc"),
        ("\u200b", "⟨200B⟩"),
        ("\u00a0", "·"),
        ("\u0301", "◌\u0301"),
        ("e\u0301", "e\u0301"),
        ("\u1161", "◌\u1161"),  # half a Hangul syllable
        ("\u093e", "⟨93E⟩"),  # a spacing mark: its width alone differs by terminal
        ("한국어", "한국어"),
        ("\U0001f44d\U0001f3fd", "👍⟨1F3FD⟩"),
        ("❤\ufe0f", "❤⟨FE0F⟩"),
        ("\ud800", "⟨D800⟩"),
        ("[/INST] [@click=app.quit]", "[/INST]·[@click=app.quit]"),
    ],
)
def test_what_a_text_looks_like(text, shown):
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"", EMPTY),
        (b"\xe2\x80", "⟨E2⟩⟨80⟩"),
        (b"caf\xc3", "caf⟨C3⟩"),
        (b"\xff\xfe", "⟨FF⟩⟨FE⟩"),
        (b"\xed\xa0\x80", "⟨ED⟩⟨A0⟩⟨80⟩"),  # an encoded surrogate is not UTF-8
    ],
)
def test_half_characters_are_shown_as_bytes(data, shown):
    assert printable_bytes(data) == shown


def test_the_running_text_can_show_blanks_as_blanks():
    assert printable("the cat\n", space=" ") == "the cat↵"
    assert printable_bytes(b" the\xc2", space=" ") == " the⟨C2⟩"
