"""Lays out a lesson as lines of a given width in cells: a Korean syllable takes two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rich.cells import cell_len, chop_cells

from tui.core.printable import printable
from tui.core.stages import MAX_NEW_TOKENS, PARAMETERS
from tui.keys import Keymap
from tui.lessons.language import labels
from tui.lessons.lesson import Lesson

PROMPT_TOKENS = 61
"""How many tokens the built-in model makes of the lessons' prompt; a lesson counts them, the command does not."""
Part = Literal["title", "text", "formula"]


class Line(NamedTuple):
    """One line of a page; `part` decides its style."""

    part: Part
    text: str
    label: int = 0
    """How many characters at the beginning are a label."""


BLANK = Line("text", "")


@dataclass(frozen=True)
class Page:
    """A lesson in a language, with a person's keys in its sentences."""

    lesson: Lesson
    language: str
    keymap: Keymap

    def lines(self, width: int) -> list[Line]:
        """The whole page, no line wider than `width` cells."""
        words, named = self.lesson.in_language(self.language), labels(self.language)
        lines = [*self._paragraphs("title", words.title, width), *self._paragraphs("text", words.text, width)]
        for label, text in ((named.task, words.task), (named.outcome, words.outcome)):
            first, *others = self._paragraphs("text", f"{label}: {text.lstrip()}", width)
            lines += [BLANK, first._replace(label=min(len(label) + 1, len(first.text))), *others]
        return lines

    def _paragraphs(self, part: Part, text: str, width: int) -> Iterator[Line]:
        for number, paragraph in enumerate(self.keymap.phrase(text.strip("\n")).split("\n\n")):
            if number:
                yield BLANK
            yield from _paragraph(part, paragraph, width)


def _paragraph(part: Part, text: str, width: int) -> Iterator[Line]:
    """Lines joined and wrapped anew; those that begin with a blank stand as they are written."""
    joined: list[str] = []
    for line in text.splitlines():
        if line.startswith(" "):
            yield from (Line(part, one) for one in wrap(" ".join(joined), width))
            joined = []
            yield from (Line("formula", one) for one in chop_cells(_harmless(line.rstrip()), width))
        else:
            joined.append(line)
    yield from (Line(part, one) for one in wrap(" ".join(joined), width))


def _harmless(text: str) -> str:
    return printable(text, space=" ") if text else ""


def wrap(text: str, width: int) -> list[str]:
    """`text` on lines of at most `width` cells, broken at blanks; a word that is wider than a line is cut."""
    lines: list[str] = []
    line = ""
    for word in _harmless(text).split():
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= width:
            line = joined
            continue
        *full, line = ([line] if line else []) + chop_cells(word, width)
        lines += full
    return [*lines, line] if line else lines


def plain(page: Page, number: int, count: int, width: int) -> list[str]:
    """A page as plain lines: its number, the command that starts with its settings, and the page."""
    heading = labels(page.language).place % (number, count)
    lines = page.lines(width)
    title = [line.text for line in lines if line.part == "title"]
    rest = [line.text for line in lines if line.part != "title"]
    return [heading, *title, *wrap(command(page.lesson), width), "", *rest]


def command(lesson: Lesson) -> str:
    """The command line that opens the explorer with a lesson's settings."""
    given = {name: value for name, value in lesson.settings.items() if name != "do_sample"}
    options = [f"{_flag(name)} {value:g}" for name, value in given.items() if value is not None]
    options += ["--greedy"] if lesson.settings.get("do_sample") is False else []
    options += [f"{MAX_NEW_TOKENS.flag} {lesson.max_length - PROMPT_TOKENS}"] if lesson.max_length else []
    return " ".join(["samplescope", *options])


def _flag(name: str) -> str:
    return PARAMETERS[name].flag if name in PARAMETERS else MAX_NEW_TOKENS.flag


def contents(lessons: Sequence[Lesson], language: str, width: int) -> list[str]:
    """The list of the lessons: number, id, title; the titles stand in one column."""
    ids = max((cell_len(lesson.id) for lesson in lessons), default=0)
    lines: list[str] = []
    for number, lesson in enumerate(lessons, 1):
        left = f"{number:>2}  {lesson.id:<{ids}}  "
        title = wrap(lesson.in_language(language).title, max(1, width - len(left)))
        lines += [left + title[0], *(" " * len(left) + more for more in title[1:])]
    return lines
