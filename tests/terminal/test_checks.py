"""Where there is no terminal to draw on, one line says so and nothing else is written."""

import shlex
import subprocess
import sys

import pytest

from tests.patience import PATIENCE
from tests.terminal.conftest import COMMAND, ROOT
from tui.terminal.checks import surroundings

APP = shlex.join(COMMAND)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"{APP} </dev/null", "Input is not a terminal. For a pipe or a script use `samplescope run`."),
        (f"echo hello | {APP}", "Input is not a terminal. For a pipe or a script use `samplescope run`."),
        (f"{APP} <&-", "Input is not a terminal. For a pipe or a script use `samplescope run`."),
        (f"{APP} >/dev/null", "Output is not a terminal. For a pipe or a script use `samplescope run`."),
        (f"{APP} | cat", "Output is not a terminal. For a pipe or a script use `samplescope run`."),
        (f"TERM=dumb {APP}", "This terminal cannot place the cursor (TERM is dumb)."),
        (f"TERM= {APP}", "This terminal cannot place the cursor (TERM is not set)."),
    ],
)
def test_it_is_refused_in_one_line(start, line, said):
    terminal = start(["bash", "-o", "pipefail", "-c", line], size=(200, 10))
    assert terminal.wait() == 2
    assert terminal.raw.decode().startswith(said)
    assert terminal.raw.count(b"\n") == 1
    assert b"\x1b" not in terminal.raw


def test_without_any_terminal_at_all_it_ends_too():
    ended = subprocess.run(
        COMMAND,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        start_new_session=True,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == "Input is not a terminal. For a pipe or a script use `samplescope run`.\n"


def test_the_refusal_does_not_wait_for_textual():
    code = (
        "import sys; from tui.terminal.checks import check_terminal, prepare_environment; prepare_environment();"
        "print(sorted({'textual', 'rich', 'torch', 'asyncio'} & set(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert ended.stdout == "[]\n"


@pytest.mark.parametrize(
    ("environ", "no_color", "remote"),
    [
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, False, False),
        ({"SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22"}, False, True),
    ],
)
def test_what_the_environment_asks_for(environ, no_color, remote):
    seen = surroundings(environ)
    assert (seen.no_color, seen.remote) == (no_color, remote)
