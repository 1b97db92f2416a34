"""`samplescope lesson`: the list of the lessons, or one of them, as plain lines."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from tui import paths
from tui.errors import InputError
from tui.keys import Keymap
from tui.lessons import language as languages
from tui.lessons.lesson import Lesson, find, load
from tui.lessons.page import Page, contents, plain, wrap

WIDEST = 100
"""Cells of the longest line, however wide the terminal: a longer one is hard to read."""
_HOW = {
    languages.FALLBACK: "`samplescope lesson NUMBER` prints one; `{lesson}` in the explorer shows them live.",
    "ko": "`samplescope lesson 번호`는 레슨 하나를 보여 줍니다. 탐색기에서는 `{lesson}` 키로 모델 옆에서 봅니다.",
}


def lesson_lines(which: str, language: str, keymap: Keymap) -> tuple[list[str], list[str]]:
    """The lines of the lesson with this number or id, or for '' of the list; and a line for each invalid file."""
    lessons, problems = load(paths.lessons_dir())
    spoken = checked(language, lessons) or languages.from_locale()
    width = min(WIDEST, shutil.get_terminal_size().columns)
    if not which:
        how = keymap.phrase(_HOW.get(spoken, _HOW[languages.FALLBACK]))
        return [*contents(lessons, spoken, width), "", *wrap(how, width)], problems
    if (index := find(lessons, which)) is None:
        known = ", ".join(lesson.id for lesson in lessons)
        raise InputError(f"There is no lesson {which!r}.", f"Known: 1 to {len(lessons)}, or {known}.")
    return plain(Page(lessons[index], spoken, keymap), index + 1, len(lessons), width), problems


def checked(language: str, lessons: Sequence[Lesson]) -> str:
    """A language that a person asked for; InputError if no lesson is in it."""
    known = sorted({code for lesson in lessons for code in lesson.words})
    if language and language not in known:
        raise InputError(f"No lesson is in the language {language!r}.", f"Known: {', '.join(known)}.")
    return language
