"""A lesson as a data file: what to look at, the settings, the plot, one thing to try and what happens then."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from tui import keys
from tui.core.printable import printable
from tui.core.settings import DEFAULT_SEED, Given, normalise
from tui.core.stages import SEED
from tui.errors import SamplescopeError
from tui.lessons.language import FALLBACK

FOLDER = Path(__file__).parent
"""The folder of samplescope's own lessons."""
KEY = "key:"
"""Before a step that is a bare key, by Textual's name, and no action: `key:down`."""
_Text = Annotated[str, msgspec.Meta(pattern=r"\S")]


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lesson in one language. `{action id}` in a sentence stands for the person's key of that action."""

    title: _Text
    text: _Text
    """What to look at, and why it is so. A blank line ends a paragraph; a line that begins with a blank, such as a
    formula, stands as it is written."""
    task: _Text = msgspec.field(name="try")
    """One thing to try."""
    outcome: _Text = msgspec.field(name="then")
    """What happens then."""


class Lesson(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One lesson; the fields are those of its file."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]*$")]
    order: float
    """Its place among the lessons, least first."""
    words: dict[str, Words]
    """Language (`en`, `ko`) → the lesson in it."""
    settings: Given = {}
    """Replace all that the person has given."""
    seed: int = DEFAULT_SEED
    max_length: int | None = None
    """Where its runs end, the prompt counted; None: where they end anyway."""
    plot: str = ""
    """Id of the plot to show; '' if the lesson is about the list. The screen ignores one that it does not have."""
    at: Literal["prompt", "run"] = "prompt"
    """Where the cursor stands: after the prompt, or after a run from there."""
    steps: tuple[str, ...] = ()
    """The thing to try as action ids; `key:…` is a bare key."""
    shows: Mapping[str, str] = {}
    """Numbers in the words, by what is measured, once the lesson is set up on the built-in model."""
    outcome: Mapping[str, str] = msgspec.field(default={}, name="then")
    """The same after the steps."""

    def in_language(self, language: str) -> Words:
        """The lesson in this language; else in English; else in the first that it has."""
        return self.words.get(language) or self.words.get(FALLBACK) or next(iter(self.words.values()))


def load(own: Path | None = None, folder: Path = FOLDER) -> tuple[list[Lesson], list[str]]:
    """Samplescope's lessons and those in the folder `own`, in order, and one line for each invalid file.

    A later file replaces an earlier lesson of the same id.
    """
    lessons: dict[str, Lesson] = {}
    problems: list[str] = []
    for path in _files(folder, own):
        try:
            lesson = read(path)
        except (OSError, ValueError) as error:
            reason = (error.strerror or "it cannot be read") if isinstance(error, OSError) else str(error)
            problems.append(printable(f"Lesson {path.name} is left out: {reason.rstrip('.')}.", space=" "))
        else:
            lessons[lesson.id] = lesson
    return sorted(lessons.values(), key=lambda lesson: (lesson.order, lesson.id)), problems


def _files(*folders: Path | None) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(folder.glob("*.toml")) if folder is not None else ()


def read(path: Path) -> Lesson:
    """Read a lesson from a file; ValueError with what is wrong with it."""
    try:
        lesson = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8-sig")), Lesson)
    except msgspec.ValidationError as error:
        raise ValueError(str(error).replace("`", "").replace("$.", "")) from error
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return _checked(lesson)


def _checked(lesson: Lesson) -> Lesson:
    """The lesson with its settings as transformers wants them; ValueError for a setting or step that there is not."""
    if not lesson.words:
        raise ValueError("it has no [words.en] or other language")
    if unknown := [step for step in lesson.steps if step not in keys.ACTIONS and not step.startswith(KEY)]:
        raise ValueError(f"there is no action {unknown[0]!r}")
    try:
        SEED.check(lesson.seed)
        return msgspec.structs.replace(lesson, settings=normalise(lesson.settings))
    except SamplescopeError as error:
        raise ValueError(str(error)) from error


def find(lessons: Sequence[Lesson], wanted: str) -> int | None:
    """The index of the lesson with this number, counted from 1, or this id; None if there is none."""
    named = next((index for index, lesson in enumerate(lessons) if lesson.id == wanted), None)
    if named is None and wanted.isdecimal() and 1 <= int(wanted) <= len(lessons):
        return int(wanted) - 1
    return named
