"""The cells of text are counted as terminals count them."""

import sys
import unicodedata

import pytest
import wcwidth
from rich.cells import cell_len

from tui.terminal.widths import widen_spacing_marks

MARKS = [char for char in map(chr, range(sys.maxunicode)) if unicodedata.category(char) == "Mc"]


@pytest.fixture(autouse=True)
def widened():
    widen_spacing_marks()


def test_every_spacing_mark_takes_a_cell_of_its_own():
    assert [mark for mark in MARKS if cell_len(f"a{mark}") != 2] == []
    shaping = [mark for mark in MARKS if unicodedata.combining(mark) == 9]  # viramas: there terminals disagree
    assert [mark for mark in MARKS if wcwidth.wcswidth(f"a{mark}") != 2 and mark not in shaping] == []


@pytest.mark.parametrize("text", ["a\u0301", "한", "👩\u200d👩\u200d👧", "क्ष", "நி", "ក្រុម", "मनुष्य"])
def test_a_text_takes_what_terminals_give_it(text):
    assert cell_len(text) == wcwidth.wcswidth(text)
