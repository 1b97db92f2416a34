"""What was used last is remembered privately, and a file that is odd is an empty one."""

import stat

import pytest

from tui import paths, recent
from tui.core.origin import Origin


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_the_last_twenty_prompts_newest_first_each_once():
    for number in range(25):
        recent.remember_prompt(f"prompt {number}")
    recent.remember_prompt("prompt 20")
    newest = [20, 24, 23, 22, 21, *range(19, 4, -1)]
    assert recent.prompts() == [f"prompt {number}" for number in newest]
    assert len(newest) == 20
    assert stat.S_IMODE(paths.prompts_file().stat().st_mode) == 0o600


def test_a_prompt_comes_back_as_it_was():
    odd = "  two\nlines\t\x1b]0;x\x07 [/b] \u202e🦄\n\n"
    recent.remember_prompt(odd)
    assert recent.prompts() == [odd]


@pytest.mark.parametrize("text", ["", " \n", "half \ud800", "x" * (recent.LONGEST_PROMPT + 1)])
def test_what_is_no_prompt_to_keep_changes_nothing(text):
    recent.remember_prompt("the herd")
    recent.remember_prompt(text)
    assert recent.prompts() == ["the herd"]


@pytest.mark.parametrize("data", [b"", b"\xff", b"{}", b"[1]", b"[" * 100_000, b'"\xed\xa0\x80"'])
def test_a_damaged_file_is_an_empty_one_and_is_replaced(data):
    for file in (paths.prompts_file(), paths.recent_file(), paths.theme_file()):
        paths.replace_private(file, data)
    assert (recent.prompts(), recent.models(), recent.theme()) == ([], [], "")
    recent.remember_prompt("the herd")
    recent.remember_theme("samplescope-light")
    recent.remember(Origin(model="org/name", trust_remote_code=True))
    assert (recent.prompts(), recent.theme()) == (["the herd"], "samplescope-light")
    assert recent.models() == [Origin(model="org/name")]


def test_a_file_is_kept_with_its_whole_path_and_its_own_name(monkeypatch, tmp_path):
    (tmp_path / "0123").write_bytes(b"GGUF")
    (tmp_path / "model.gguf").symlink_to(tmp_path / "0123")
    monkeypatch.chdir(tmp_path)
    recent.remember(Origin(model="model.gguf"))
    assert recent.models() == [Origin(model=str(tmp_path / "model.gguf"))]


def test_a_folder_that_cannot_be_written_is_no_trouble(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    recent.remember_prompt("the herd")
    recent.remember_theme("samplescope-light")
    assert (recent.prompts(), recent.theme()) == ([], "")
