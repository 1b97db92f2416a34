"""`python -m tests.explorer`: the workbench without torch, for work on the screen."""

import re
import sys
from pathlib import Path

import pytest

from tests import explorer
from tests.scripted import HOSTILE, WORDS

COMMAND = [sys.executable, "-m", "tests.explorer"]


def test_it_opens_with_the_vocabulary_and_the_head_asked_for_draws_and_quits(start, tmp_path):
    command = [*COMMAND, "--vocabulary", "200", "--head", "60"]
    terminal = start(command, env={"XDG_CONFIG_HOME": str(tmp_path)}, size=(120, 40))
    terminal.until("· 60 of 200")
    if (maps := Path(f"/proc/{terminal.process.pid}/maps")).exists():
        assert "libtorch" not in maps.read_text()
    terminal.send("n")
    terminal.until("1 new")
    terminal.send("q")
    assert terminal.wait() == 0


@pytest.mark.parametrize("size", [2, len(WORDS), 5000])
def test_a_vocabulary_has_as_many_different_tokens_as_are_asked_for(size):
    assert len(explorer.vocabulary(size)) == len(set(explorer.vocabulary(size))) == size
    assert explorer.vocabulary(size, hostile=True)[:2] == HOSTILE[:2]


PASTED = b"\x1b[200~one\rtwo\r\rthree\x1b[201~"
"""As a terminal sends four lines: each break is a carriage return."""


@pytest.fixture
def opened(start, tmp_path):
    terminal = start(COMMAND, env={"XDG_CONFIG_HOME": str(tmp_path)}, size=(120, 40))
    terminal.until("Candidates for token")
    return terminal


def test_lines_pasted_into_the_prompt_editor_are_lines(opened):
    opened.send("e")
    opened.until("f2 submit")
    opened.send(PASTED)
    screen = opened.until("three")
    editor = [line[1:].split("│")[0].strip() for line in screen.split("\n")]
    assert re.search("one\ntwo\n\nthree", "\n".join(editor))


@pytest.mark.parametrize("dialog", ["/", "m", "Y"])
def test_lines_pasted_into_a_dialog_are_one_line_and_all_there(opened, dialog):
    opened.send(dialog)
    opened.until("esc")
    opened.send(PASTED)
    opened.until("one two  three")
