"""An engine's command that asks does so before the UI has the screen; one that fails says why in one line."""

import os
import platform
import shlex
import signal
import sys
import termios

import pytest

from tests.pty.explorer import COMMAND, after, children, ends, listed
from tests.ptyrun import Terminal

ENGINE = shlex.join([*COMMAND, "engine"])
QUESTION = "gpubox's password:"
HIDDEN = termios.ECHO
SHELL = ("sh", "-c", 'trap : INT; "$@"; echo "code $?"; read stay', "sh")
"""Prints the program's exit code, and keeps running so that the terminal can be examined."""


@pytest.fixture
def ssh(tmp_path):
    """A script like ssh: asks on /dev/tty with echo off, fails without a terminal. Writes its process id to a file."""
    script = tmp_path / "ssh"
    script.write_text(f"""#!/bin/sh
echo $$ >> {tmp_path}/asked
if (: </dev/tty) 2>/dev/null; then
    stty -echo </dev/tty
    printf "{QUESTION} " >/dev/tty
    read answer </dev/tty
    stty echo </dev/tty
    if [ "$answer" = unicorn ]; then echo "Last login: today"; exec {ENGINE}; fi
fi
echo "person@gpubox: Permission denied (publickey,password)." >&2
exit 255
""")
    script.chmod(0o755)
    return script


def echoes(terminal: Terminal) -> bool:
    return bool(terminal.attributes()[3] & HIDDEN)


def asked(explorer) -> int:
    """Wait until the question is on the terminal; the id of the process that asks."""
    explorer.until(QUESTION)
    return int((explorer.folder / "asked").read_text().split()[-1])


def program(explorer) -> int:
    """The process id of the program, which a shell runs."""
    (child,) = children(explorer.process.pid)
    return child


def answer(explorer, text: str = "unicorn") -> None:
    asked(explorer)
    explorer.send(text + "\n")


def test_the_question_comes_before_the_screen_is_taken_and_then_the_host_is_shown(start, ssh):
    explorer = start("--engine", str(ssh))
    asked(explorer)
    assert b"\x1b" not in explorer.raw
    assert not echoes(explorer)
    answer(explorer)
    screen = explorer.open().screen()
    assert f"demo · on {platform.node()[:27]}" in screen
    assert "unicorn\r" not in explorer.raw.decode(errors="replace")
    explorer.send("q")
    assert explorer.wait() == 0
    log = (explorer.folder / "XDG_STATE_HOME" / "samplescope" / "samplescope.log").read_text()
    assert f"is started: {ssh}" in log and "unicorn" not in log


def test_a_wrong_answer_is_one_line_and_code_3(start, ssh):
    explorer = start("--engine", str(ssh))
    answer(explorer, "horse")
    assert explorer.wait() == 3
    said = explorer.raw.decode()
    assert "samplescope: ssh ended with exit code 255. Its last line: person@gpubox: Permission denied (pub" in said
    assert "Traceback" not in said and "\x1b" not in said


def test_ctrl_c_at_the_question_ends_with_130_and_leaves_nothing(start, ssh):
    explorer = start("--engine", str(ssh), within=SHELL)
    script = asked(explorer)
    assert not echoes(explorer)
    explorer.send("\x03")
    explorer.until("code 130")
    assert ends(script)
    assert echoes(explorer)
    assert "Traceback" not in explorer.raw.decode() and b"\x1b" not in explorer.raw


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_at_the_question_leaves_nothing(start, ssh, number):
    explorer = start("--engine", str(ssh), within=SHELL)
    script = asked(explorer)
    os.kill(program(explorer), number)
    explorer.until(f"code {128 + number}")
    assert ends(script)
    assert echoes(explorer)


OTHER = "import sys; sys.stdout.buffer.write(b'hi\\nsamplescope 7\\n'); sys.stdout.flush(); sys.stdin.read()"


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("", 2, "--engine names no command."),
        ("'' engine", 2, "--engine names no command."),
        ("ssh 'gpubox", 2, '--engine "ssh \'gpubox" cannot be cut into words: no closing quotation.'),
        ("/no/such/ssh gpubox", 3, "The engine cannot be started: /no/such/ssh: No such file or directory."),
        (
            "sh -c 'echo ssh: Could not resolve hostname gpubox >&2; exit 255'",
            3,
            "sh ended with exit code 255. Its last line: ssh: Could not resolve hostname gpubox",
        ),
        (
            "sh -c 'echo welcome; echo bash: samplescope: command not found >&2; exit 127'",
            3,
            "sh ended with exit code 127. Its last line: bash: samplescope: command not found",
        ),
        (
            "sh -c 'echo; printf \"This account is \\033[1mnot available.\\n\"; exit 1'",
            3,
            "sh ended with exit code 1. It printed: This account is ␛[1mnot available.",
        ),
        (
            shlex.join([sys.executable, "-c", OTHER]),
            3,
            "The engine speaks version 7 of the protocol, this program version 1. Install the same samplescope on both",
        ),
        ("yes", 3, "What was started is no engine: it printed 64 kB of something else."),
        ("head -c 70000 /dev/zero", 3, "What was started is no engine"),
    ],
)
def test_a_command_that_brings_no_engine_is_one_line(start, command, code, said):
    explorer = start("--engine", command, size=(200, 10))
    assert explorer.wait() == code
    written = explorer.raw.decode().splitlines()
    assert written[-1].startswith(f"samplescope: {said}")
    assert sum(line.startswith("samplescope") for line in written) == 1
    assert "Traceback" not in written and "\x1b" not in "".join(written)


def test_the_headless_commands_take_no_engine(start):
    explorer = start("--engine", "ssh gpubox samplescope engine", "run", size=(200, 10))
    assert explorer.wait() == 2
    assert "--engine is for the explorer only." in explorer.screen()


def text_of(screen: str) -> list[str]:
    """The text pane's lines."""
    lines = [line.split("││")[0] for line in screen.split("\n")]
    top = next(number for number, line in enumerate(lines) if "─ Text" in line)
    return lines[top : top + 10]


def test_a_lost_connection_that_needs_an_answer_is_brought_back_on_the_plain_terminal(start, ssh):
    explorer = start("--engine", str(ssh))
    answer(explorer)
    home = after(explorer.open().screen())
    explorer.send("n")
    explorer.until_at(home + 1)
    text = text_of(explorer.until(lambda screen: "1 new" in screen and 5 in listed(screen)))

    os.kill(explorer.engine, signal.SIGKILL)
    screen = explorer.until(lambda screen: "R lets it ask" in screen and "(publickey,password)." in screen)
    assert text_of(screen) == text  # and the question was not written over it
    assert children(explorer.process.pid) == []

    mark = explorer.mark()
    explorer.send("R")
    explorer.until(lambda screen: QUESTION in screen and "Candidates" not in screen)
    assert b"\x1b[?1049l" in explorer.bytes_since(mark)
    explorer.send("\x03")
    screen = explorer.until(lambda screen: "Given up." in screen and "Candidates" in screen)
    assert text_of(screen) == text
    assert explorer.process.poll() is None and children(explorer.process.pid) == []

    explorer.send("R")
    explorer.until(lambda screen: QUESTION in screen and "Candidates" not in screen)
    explorer.send("unicorn\n")
    screen = explorer.until(lambda screen: "the story is as it was" in screen and "starting" not in screen)
    assert text_of(screen) == text
    explorer.send("n")
    explorer.until_at(home + 2)
    explorer.send("q")
    assert explorer.wait() == 0


def test_a_signal_at_the_question_in_the_middle_of_a_session_leaves_nothing(start, ssh):
    explorer = start("--engine", str(ssh), within=SHELL)
    answer(explorer)
    explorer.open()
    (engine,) = children(program(explorer))
    os.kill(engine, signal.SIGKILL)
    explorer.until("R lets it ask")
    explorer.send("R")
    explorer.until(lambda screen: QUESTION in screen and "Candidates" not in screen)
    script = asked(explorer)
    os.kill(program(explorer), signal.SIGTERM)
    explorer.until(f"code {128 + signal.SIGTERM}")
    assert ends(script)
    assert echoes(explorer)
    assert "Traceback" not in explorer.screen()
