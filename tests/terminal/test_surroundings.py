"""The app adapts to the terminal: its colours, NO_COLOR, a slow connection."""

import re
import shlex

import pytest

from tests.terminal.conftest import COMMAND

COLOUR = re.compile(rb"\x1b\[[\d;]*?\b(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8;[25])\b[\d;]*m")
TRUE_COLOUR = re.compile(rb"\x1b\[[\d;]*?[34]8;2;(\d+);(\d+);(\d+)")


def colourful(terminal):
    """True if a 24-bit colour other than grey has been written."""
    return any(len(set(rgb)) > 1 for rgb in TRUE_COLOUR.findall(terminal.raw))


def theme(terminal):
    return re.search(r"theme=(\S+)", terminal.screen())[1]


def test_a_terminal_of_16_million_colours_gets_them(ready):
    terminal = ready()
    assert theme(terminal) == "textual-dark"
    terminal.until(lambda _: colourful(terminal))


def test_no_color_means_no_colour(ready):
    terminal = ready(env={"NO_COLOR": "1"})
    assert theme(terminal) == "ansi-dark"
    assert not COLOUR.search(terminal.raw)


def test_an_empty_no_color_means_nothing(ready):
    terminal = ready(env={"NO_COLOR": ""})
    assert theme(terminal) == "textual-dark"
    terminal.until(lambda _: colourful(terminal))


@pytest.mark.parametrize("term", ["linux", "xterm", "screen", "vt100"])
def test_a_terminal_of_16_colours_gets_its_own(ready, term):
    terminal = ready(env={"TERM": term, "COLORTERM": None})
    assert theme(terminal) == "ansi-dark"
    assert not re.search(rb"\x1b\[[\d;]*[34]8;[25];", terminal.raw)


def test_over_ssh_nothing_moves_by_itself(ready):
    terminal = ready(env={"SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22"})
    assert "animations=none" in terminal.screen()
    terminal.until_quiet(1.5)  # three blinks of the cursor


def test_elsewhere_the_cursor_blinks(ready):
    terminal = ready()
    for _ in range(3):
        terminal.until_quiet()
        terminal.until_written(b"\x1b[", terminal.mark())  # without any key press


def test_it_draws_on_stdout_so_that_stderr_can_go_to_a_file(start, tmp_path):
    errors = tmp_path / "errors"
    terminal = start(["sh", "-c", f"exec {shlex.join(COMMAND)} 2>{errors}"])
    terminal.until("ready")
    assert errors.read_bytes() == b""
