"""However the program is ended, it runs its exit tasks, restores the terminal and exits with 128 + the signal."""

import re
import shlex
import signal
import time

import pytest

from tests.patience import PATIENCE
from tests.terminal.conftest import COMMAND
from tui.terminal.signals import RESTORE

SIGNALS = [signal.SIGHUP, signal.SIGTERM, signal.SIGINT]
F5, F10, F12 = "\x1b[15~", "\x1b[21~", "\x1b[24~"
COMPLAINT = b"samplescope: ZeroDivisionError while ending.\r\n"
"""The error line: one of the app's exit tasks fails; the others still run."""


@pytest.fixture
def words(tmp_path):
    return tmp_path / "words"


def stall(terminal, beats):
    """Stop reading while the app floods the terminal, and wait until its event loop is blocked."""
    terminal.send(F12)
    terminal.until(" xxx")
    terminal.stall()
    before, end = "", time.monotonic() + PATIENCE
    while (now := beats.read_text()) != before and time.monotonic() < end:
        before = now
        time.sleep(1)  # thirty frames, if the loop still ran
    assert now == before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_living_app_ends_at_once(ready, words, number):
    terminal = ready(env={"LAST_WORDS": str(words)})
    terminal.signal(number)
    assert terminal.wait() == 128 + number
    assert words.read_text() == "saved"
    assert terminal.raw.endswith(RESTORE + COMPLAINT)


@pytest.mark.parametrize("number", SIGNALS)
def test_an_app_stuck_on_a_stalled_terminal_ends_too(ready, words, tmp_path, number):
    terminal = ready(env={"LAST_WORDS": str(words)})
    stall(terminal, tmp_path / "beats")
    terminal.signal(number)
    assert terminal.wait() == 128 + number
    assert words.read_text() == "saved"
    terminal.resume()
    terminal.until_written(COMPLAINT)
    assert terminal.raw.endswith(RESTORE + COMPLAINT)


def test_a_hang_up_ends_it(ready, words):
    terminal = ready(env={"LAST_WORDS": str(words)})
    terminal.hang_up()
    assert terminal.wait() == 128 + signal.SIGHUP
    assert words.read_text() == "saved"


def test_a_hang_up_ends_it_where_sighup_is_ignored(ready, words):
    command = ["sh", "-c", f"trap '' HUP; exec {shlex.join(COMMAND)}"]
    terminal = ready(command=command, env={"LAST_WORDS": str(words)})
    terminal.hang_up()
    assert terminal.wait() == 128 + signal.SIGHUP
    assert words.read_text() == "saved"


def test_a_terminal_that_is_gone_ends_it_without_any_signal(ready, words):
    # The shell leads the session and gets its SIGHUP; the app only sees the end of its input.
    command = ["sh", "-c", f"trap '' HUP; setsid -w {shlex.join(COMMAND)}; exit $?"]
    terminal = ready(command=command, env={"LAST_WORDS": str(words)})
    terminal.hang_up()
    assert terminal.wait() == 128 + signal.SIGHUP
    assert words.read_text() == "saved"


def test_whatever_textual_switches_is_switched_back(ready):
    terminal = ready()
    terminal.until_quiet()
    terminal.signal(signal.SIGTERM)
    terminal.wait()
    switched = dict(re.findall(rb"\x1b\[(\?\d+)([hl])", terminal.raw.removesuffix(RESTORE)))
    restored = dict(re.findall(rb"\x1b\[(\?\d+)([hl])", RESTORE))
    opposite = {b"h": b"l", b"l": b"h"}
    assert {b"?1049", b"?1003", b"?2004", b"?25", b"?7"} <= set(switched)
    assert {mode: restored[mode] for mode in switched if mode != b"?2026"} == {
        mode: opposite[state] for mode, state in switched.items() if mode != b"?2026"
    }
    assert restored[b"?2026"] == b"l"  # textual's frames begin and end it
    assert terminal.raw.count(b"\x1b[>") == terminal.raw.count(b"\x1b[<u") == 1  # the keyboard
    assert terminal.raw.index(b"\x1b[<u") < terminal.raw.rindex(b"\x1b[?1049l")


def test_exit_tasks_that_take_too_long_are_cut_short(ready, words):
    terminal = ready(env={"LAST_WORDS": str(words), "STUCK": "1"})
    terminal.signal(signal.SIGTERM)
    assert terminal.wait() == 128 + signal.SIGTERM
    assert words.read_text() == "saved"
    assert terminal.raw.endswith(COMPLAINT + b"samplescope: 1 of 3 last tasks took too long.\r\n")


def test_the_terminal_has_its_own_settings_back(start):
    terminal = start(["sh", "-c", f"trap : TERM; {shlex.join(COMMAND)}; echo over; read line"])
    terminal.until("ready")
    raw = terminal.attributes()
    terminal.signal_group(signal.SIGTERM)
    terminal.until("over")
    assert terminal.attributes() != raw
    terminal.send("typed")
    terminal.until("typed")  # the terminal echoes again


def test_an_orderly_end_runs_the_exit_tasks_and_keeps_its_exit_code(ready, words):
    terminal = ready(env={"LAST_WORDS": str(words)})
    terminal.send(F10)
    assert terminal.wait() == 4
    assert words.read_text() == "saved"
    assert COMPLAINT in terminal.raw


def test_a_crash_says_them_too(ready, words):
    terminal = ready(env={"LAST_WORDS": str(words)})
    terminal.send(F5)
    assert terminal.wait() == 1
    assert words.read_text() == "saved"
