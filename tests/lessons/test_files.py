"""Lessons are files: samplescope's own are whole, adding one is adding a file, and a wrong one is one line."""

from __future__ import annotations

import re

import pytest

from tui import keys
from tui.lessons import language
from tui.lessons.lesson import find, load
from tui.widgets.plots import PLOTS

WORDS = """
[words.en]
title = "Own"
text = "Look."
try = "`{step}` draws."
then = "A token."
"""
OWN = 'id = "own"\norder = 2.5\nsteps = ["step"]\n[settings]\ntop_k = 5\n' + WORDS
LESSONS, PROBLEMS = load()


def own(folder, text, name="own.toml"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_tour_has_eight_steps_in_english_and_korean():
    assert PROBLEMS == []
    assert [(lesson.order, set(lesson.words)) for lesson in LESSONS] == [(n, {"en", "ko"}) for n in range(1, 9)]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
@pytest.mark.parametrize("code", ["en", "ko"])
def test_every_number_that_is_checked_stands_in_the_words_and_every_key_is_an_action_s(lesson, code):
    words = lesson.words[code]
    for number in lesson.shows.values():
        assert number in words.text
    for number in lesson.outcome.values():
        assert number in words.outcome
    named = set(re.findall(r"\{(\w+)\}", " ".join((words.title, words.text, words.task, words.outcome))))
    assert named <= set(keys.ACTIONS)
    assert {step for step in lesson.steps if step in keys.ACTIONS} <= named


def test_adding_a_lesson_is_adding_a_file(tmp_path):
    lessons, problems = load(own(tmp_path, OWN))
    assert problems == []
    assert [lesson.id for lesson in lessons[:4]] == ["temperature", "hot", "own", "cool"]
    assert lessons[2].settings == {"top_k": 5}
    assert find(lessons, "3") == find(lessons, "own") == 2
    assert lessons[2].in_language("ko").title == "Own"  # it has no Korean


def test_one_s_own_lesson_replaces_that_of_the_same_id(tmp_path):
    lessons, _ = load(own(tmp_path, OWN.replace('"own"', '"hot"', 1)))
    assert len(lessons) == len(LESSONS)
    assert next(lesson for lesson in lessons if lesson.id == "hot").words["en"].title == "Own"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id = ", "Invalid value"),
        (OWN.replace("order = 2.5", ""), "missing required field order"),
        (OWN.replace('"own"', '"Own lesson"', 1), "id"),
        (OWN.replace('title = "Own"', ""), "missing required field title"),
        (OWN.replace('title = "Own"', 'title = " "'), "title"),
        (OWN.replace('"step"', '"fly"'), "there is no action 'fly'"),
        (OWN.replace("top_k = 5", "top_k = -1"), "top-k must be"),
        (OWN.replace("top_k = 5", "top_q = 1"), "There is no parameter 'top_q'"),
        (OWN.replace("top_k = 5", 'top_k = "\\u001b[2J"'), "top-k must be"),
        (OWN.replace("order", "colour = 1\norder"), "unknown field colour"),
        (OWN.split("[words")[0], "missing required field words"),
        (OWN.split("[words")[0] + "[words]", "no [words.en]"),
        ("a = " + "[" * 9999, "nested too deeply"),
        ('x = "\udcff"', "decode"),
    ],
)
def test_a_wrong_file_is_left_out_with_one_line(tmp_path, text, reason):
    (tmp_path / "own.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    lessons, (problem,) = load(tmp_path)
    assert lessons == LESSONS
    assert problem.startswith("Lesson own.toml is left out: ")
    assert reason in problem
    assert problem.isprintable()


def test_a_file_that_cannot_be_read_is_one_line_too(tmp_path):
    (tmp_path / "own.toml").mkdir()
    assert load(tmp_path)[1] == ["Lesson own.toml is left out: Is a directory."]


@pytest.mark.parametrize("wanted", ["0", "9", "-1", "", "nothing", "²"])
def test_a_lesson_that_there_is_not_is_not_found(wanted):
    assert find(LESSONS, wanted) is None


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ko_KR"}, "ko"),
        ({"LANG": "ko_KR", "LC_MESSAGES": "ko_KR", "LC_ALL": "C"}, "en"),
        ({"LANG": "ko", "LC_ALL": ""}, "ko"),
        ({"LANG": "ko-KR@hangul"}, "ko"),
        ({"LANG": "ko@hangul"}, "ko"),
    ],
)
def test_the_locale_decides_the_language(environment, code):
    assert language.from_locale(environment) == code


def test_every_plot_that_a_lesson_names_is_there():
    assert {lesson.plot for lesson in LESSONS} - {""} <= {plot.id for plot in PLOTS}
