"""Pages are laid out in cells: no line is wider than the terminal, and a Korean syllable takes two."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tui.keys import Keymap
from tui.lessons.lesson import load
from tui.lessons.page import Page, command, contents, plain, wrap

LESSONS = load()[0]
BY_ID = {lesson.id: lesson for lesson in LESSONS}


@pytest.mark.parametrize("width", [20, 41, 77, 100])
@pytest.mark.parametrize("code", ["en", "ko"])
def test_no_line_is_wider_than_the_terminal_and_no_word_is_lost(width, code):
    for number, lesson in enumerate(LESSONS, 1):
        lines = plain(Page(lesson, code, Keymap()), number, len(LESSONS), width)
        assert max(map(cell_len, lines)) <= width
        words = Keymap().phrase(lesson.words[code].outcome)
        assert "".join(words.split()) in "".join("".join(lines).split())
    assert max(map(cell_len, contents(LESSONS, code, 60))) <= 60


def test_korean_is_wrapped_by_cells_at_blanks():
    assert wrap("누적 확률이 p에 이르는 곳", 10) == ["누적", "확률이 p에", "이르는 곳"]


def test_a_word_wider_than_a_line_is_cut_between_characters():
    assert wrap("한국어사전 a", 5) == ["한국", "어사", "전 a"]


def test_formulas_and_tables_stand_as_they_are_written():
    lines = [line.text for line in Page(BY_ID["trade-off"], "ko", Keymap()).lines(41)]
    start = lines.index("  T     로그 확률     ppl  distinct-2")
    assert [line.rindex(" ") - len(line) for line in lines[start + 1 : start + 4]] == [-6, -6, -6]
    assert {cell_len(line) for line in lines[start : start + 4]} == {37}


def test_a_person_s_keys_stand_in_the_sentences():
    task = [line for line in Page(BY_ID["cool"], "en", Keymap(run="f5")).lines(60) if line.text.startswith("Try: ")]
    assert task[0].text == "Try: `f5` draws to the end."
    assert task[0].text[: task[0].label] == "Try:"


def test_the_command_starts_with_the_lesson_s_settings():
    assert command(BY_ID["cumulative"]) == "samplescope --temperature 1 --top-k 2000 --top-p 0.95"


def test_escape_sequences_of_a_file_are_shown_and_not_obeyed(tmp_path):
    words = '[words.en]\ntitle = "\\u001b[2J"\ntext = "a\\u202eb\\n  c\\u0007"\ntry = "x"\nthen = "y"\n'
    (tmp_path / "own.toml").write_text(f'id = "own"\norder = 9\n{words}', encoding="utf-8")
    lines = Page(load(tmp_path)[0][-1], "en", Keymap()).lines(40)
    assert [line.text for line in lines[:3]] == ["␛[2J", "a⟨202E⟩b", "  c␇"]
