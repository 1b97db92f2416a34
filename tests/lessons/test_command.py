"""`samplescope lesson` prints the list, or one lesson, as plain text."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tests.commands import Command


@pytest.fixture
def command(monkeypatch, capsys, tmp_path) -> Command:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "44")
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    return Command(monkeypatch, capsys)


def test_without_a_name_it_lists_them(command):
    status, out, err = command("lesson")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert [line.split()[1] for line in lines if line[:2].strip().isdigit()][:2] == ["temperature", "hot"]
    assert max(map(cell_len, lines)) <= 44


@pytest.mark.parametrize("which", ["3", "cool"])
def test_a_number_or_an_id_prints_one(command, which):
    status, out, _ = command("lesson", which)
    assert status == 0
    assert out.splitlines()[:4] == [
        "Lesson 3 of 8", "T = 0.5: the likely grows likelier", "samplescope --temperature 0.5 --top-k 0",
        "--max-new-tokens 67",
    ]  # fmt: skip
    assert "Try: `r` draws to the end." in out


def test_the_language_is_the_locale_s_or_the_option_s(command, monkeypatch):
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    assert command("lesson", "3")[1].startswith("레슨 3/8\n")
    assert command("lesson", "3", "--lang", "en")[1].startswith("Lesson 3 of 8\n")
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert command("lesson", "3")[1].startswith("Lesson 3 of 8\n")


def test_a_person_s_keys_and_lessons_are_used_and_a_wrong_file_is_said(command, tmp_path):
    (tmp_path / "samplescope" / "lessons").mkdir(parents=True)
    (tmp_path / "samplescope" / "config.toml").write_text('[keymap]\nrun = "f5"\n')
    (tmp_path / "samplescope" / "lessons" / "bad.toml").write_text("order = 1")
    status, out, err = command("lesson", "cool")
    assert status == 0
    assert "Try: `f5` draws" in out
    assert err == "samplescope: Lesson bad.toml is left out: Object missing required field id.\n"


def test_what_there_is_not_is_one_line(command):
    assert "There is no lesson '9'." in command.refused("lesson", "9")
    assert "Known: en, ko." in command.refused("lesson", "--lang", "xx")
    assert "Known: en, ko." in command.refused("--lang", "xx")
    assert "samplescope lesson --lang ko" in command.refused("--lang", "ko", "lesson")
