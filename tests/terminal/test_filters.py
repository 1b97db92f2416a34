"""Text that was not made printable is filtered before the terminal, in every widget, without moving anything."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from tui.terminal.filters import HarmlessText, harmless

F8, F10 = "\x1b[19~", "\x1b[21~"
VISIBLE_FORMATS = "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
"""Signs around Arabic, Syriac and Kaithi numbers: format characters by name, drawn like letters by a terminal."""
JOINERS = "\u200c\u200d"


def test_no_code_point_that_acts_on_a_terminal_passes():
    everything = "".join(map(chr, range(0x110000)))
    passed = {char for char in harmless(everything) if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert "".join(sorted(passed - set(re.findall(f"[{VISIBLE_FORMATS}]", everything)))) == JOINERS


def test_every_other_code_point_passes_as_it_is():
    for code in range(0x110000):
        char = chr(code)
        if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp", "Cn"):
            assert harmless(char) == char


def test_no_code_point_changes_the_width():
    changed = [char for char in map(chr, range(0x110000)) if harmless(char) != char]
    assert len(changed) > 2000
    assert [hex(ord(char)) for char in changed if cell_len(harmless(char)) != cell_len(char)] == []


@given(st.text(st.characters()))
def test_filtering_twice_is_filtering_once(text):
    assert harmless(harmless(text)) == harmless(text)


def test_styles_and_textuals_own_controls_stay():
    bold = Style(bold=True)
    home = Control.home().segment
    assert HarmlessText().apply([Segment("a\x1b[2Jb", bold), home], Color(0, 0, 0)) == [Segment("a[2Jb", bold), home]


HOSTILE = (
    "Q\x1b]52;c;cHduZWQ=\x1b\\W \x1b]0;title\x07 \x1b[31m \x1b[2J \x1b[6n \x1b(0 \x1bc \x0e\x0f \x00\x7f"
    " \x9b31m \x9d0;x\x9c \x90q\x9c \u202egnp \u2066x\u2069 \u2028 \u200b \ufeff [/b] [@click=app.exit(3)]x[/]"
)


@pytest.fixture
def shown(ready, tmp_path):
    hostile = tmp_path / "hostile.txt"
    hostile.write_text(HOSTILE, encoding="utf-8")
    terminal = ready(env={"HOSTILE": str(hostile)})
    terminal.send(F8)
    terminal.until("shown")
    terminal.until(lambda screen: screen.count("]52;c;cHduZWQ=") >= 5)  # static, editor, border, toast and its title
    terminal.send(F10)
    terminal.wait()
    return terminal.raw.decode()  # all bytes, so that no character is cut in two


def test_nothing_of_it_acts_in_a_static_an_editor_a_border_or_a_toast(shown):
    own = re.compile("\x1b\\[[?<>=]?[0-9;]*(?:[hlmuHABCD]|\\$p)|\x1b]22;[a-z-]*\x07|\r|\n")
    rest = own.sub("", shown.replace("\x1b[31m", "RED"))
    assert "RED" not in rest
    assert [hex(ord(char)) for char in rest if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")] == []


def test_markup_is_shown_as_it_is(shown):
    assert "[@click=app.exit(3)]x[/]" in re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "", shown)
