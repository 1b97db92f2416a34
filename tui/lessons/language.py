"""The language of the lessons: the person's, by option or locale, and the few words around a lesson in each."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

FALLBACK = "en"
"""The language of a lesson that has no other."""
_ENDS = re.compile(r"[^A-Za-z]")
"""What ends the language in the name of a locale: its country, encoding or variant."""
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""The environment's variables for the language of messages, strongest first."""


def from_locale(environment: Mapping[str, str] = os.environ) -> str:
    """The language of the locale in force: `ko_KR.UTF-8` → `ko`; `C` and none at all → `en`."""
    locale = next((value for name in _VARIABLES if (value := environment.get(name))), "")
    code = _ENDS.split(locale)[0].lower()
    return FALLBACK if code in ("", "c", "posix") else code


@dataclass(frozen=True, slots=True)
class Labels:
    """The words around a lesson. `{action id}` stands for a key; `%s` and `%d` are filled in."""

    task: str
    outcome: str
    place: str
    """Number of the lesson, and of how many."""
    turns: str
    """The keys of the pane."""
    set_up: str
    first: str
    last: str
    elsewhere: str
    """What is true of the numbers on another model or prompt."""


_LABELS: Mapping[str, Labels] = {
    FALLBACK: Labels(
        task="Try",
        outcome="Then",
        place="Lesson %d of %d",
        turns="{use_lesson} sets it up · {previous_lesson} {next_lesson} turn",
        set_up="Lesson %d is set up; {undo} takes it back.",
        first="This is the first lesson.",
        last="This is the last lesson.",
        elsewhere="Its numbers are the built-in model's, after the unicorn prompt.",
    ),
    "ko": Labels(
        task="해 보기",
        outcome="결과",
        place="레슨 %d/%d",
        turns="{use_lesson} 설정 적용 · {previous_lesson} {next_lesson} 이전·다음",
        set_up="레슨 %d의 설정을 적용했습니다. {undo} 키로 되돌립니다.",
        first="첫 레슨입니다.",
        last="마지막 레슨입니다.",
        elsewhere="본문의 수치는 내장 모델에 유니콘 프롬프트를 준 값입니다.",
    ),
}


def labels(language: str) -> Labels:
    """The words around a lesson in this language, else in English."""
    return _LABELS.get(language, _LABELS[FALLBACK])
