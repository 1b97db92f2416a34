"""However the program or its engine ends: the story is kept, no process is left, and one line says why."""

import os
import re
import select
import signal
import subprocess

import pytest

from tests.patience import PATIENCE
from tests.pty.conftest import best_of
from tests.pty.explorer import COMMAND, after, children, ends, listed, surroundings

STUCK = """
import os
open(os.environ["TORCH_GATE"], "w").write("torch")
os.read(os.open(os.environ["TORCH_GATE"] + ".never", os.O_RDWR), 1)
"""


@pytest.fixture
def stuck(start, tmp_path):
    """An explorer whose engine's import of torch never ends; `gate` shows when the import has begun."""
    package = tmp_path / "shadow" / "torch"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(STUCK)
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    os.mkfifo(f"{gate}.never")
    path = f"{package.parent}:{surroundings(tmp_path)['PYTHONPATH']}"
    explorer = start(PYTHONPATH=path, TORCH_GATE=str(gate))
    explorer.gate = gate
    return explorer


def importing(explorer):
    """Let the engine begin its import of torch, and wait until it has begun."""
    handle = os.open(explorer.gate, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert select.select([handle], [], [], PATIENCE)[0]
    finally:
        os.close(handle)


# -- while the model loads -------------------------------------------------------------------------------------------


def test_the_first_picture_and_typing_wait_for_no_torch_anywhere(stuck):
    stuck.until("unicorns")  # nobody has let torch through the gate
    stuck.until("⏎ take  n step")
    stuck.send("e")
    stuck.until(lambda screen: "⏎ take  n step" not in screen)
    stuck.send("Typed meanwhile. ")
    stuck.until("Typed meanwhile.")
    stuck.until_engine()
    importing(stuck)
    stuck.send("Still here. ")
    stuck.until("Still here.")


def test_quitting_while_the_model_loads_waits_for_nothing(stuck):
    stuck.until("unicorns")
    engine = stuck.until_engine()
    importing(stuck)
    stuck.send("q")
    assert stuck.wait() == 0
    assert ends(engine)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_the_model_loads_ends_both(stuck, number):
    stuck.until("unicorns")
    engine = stuck.until_engine()
    importing(stuck)
    stuck.signal(number)
    assert stuck.wait() == 128 + number
    assert ends(engine)


# -- with a model ----------------------------------------------------------------------------------------------------


def running(explorer):
    """Start a run, and wait until it draws."""
    explorer.open()
    home = after(explorer.screen())
    explorer.send("r")
    explorer.until(lambda screen: after(screen) > home + 2)
    return explorer.engine


def test_quitting_in_the_middle_of_a_run(start):
    explorer = start("--max-new-tokens", "900")
    engine = running(explorer)
    explorer.send("q")
    assert explorer.wait() == 0
    assert ends(engine)


def test_a_terminal_that_goes_away_in_the_middle_of_a_run(start):
    explorer = start("--max-new-tokens", "900", size=(80, 24))
    engine = running(explorer)
    explorer.hang_up()
    assert explorer.wait() == 128 + signal.SIGHUP
    assert ends(engine)


SIZES = [(1, 1), (200, 60), (2, 60), (200, 2), (59, 14), (60, 15), (99, 27), (100, 28), (7, 7), (120, 3), (13, 50)]


def test_a_storm_of_sizes_in_the_middle_of_a_run(start):
    explorer = start("--max-new-tokens", "900")
    running(explorer)
    for size in [*SIZES, (120, 40)]:
        mark = explorer.mark()
        explorer.resize(*size)
        explorer.until_written(b"\x1b[", mark)
    explorer.until(lambda screen: 5 in listed(screen) and screen.count("╮╭─ Candidates") == 1)
    explorer.until(lambda screen: " entropy " in screen and "╭─ Controls" in screen)
    now = after(explorer.screen())
    explorer.until(lambda screen: after(screen) != now or "max new tokens reached" in screen or "ended" in screen)
    explorer.send("q")
    assert explorer.wait() == 0


def test_sizes_that_pass_unseen_leave_nothing_blank(start):
    """A terminal that was small for a moment has lost its cells, though the program finds the size it knows."""
    explorer = start().open()
    explorer.until(lambda screen: 5 in listed(screen) and "f1 help" in screen)
    explorer.signal(signal.SIGSTOP)
    explorer.until_quiet()
    explorer.resize(13, 5)
    explorer.resize(120, 40)
    explorer.signal(signal.SIGCONT)
    explorer.until(lambda screen: "╭─ Prompt" in screen and "╭─ Controls" in screen and "f1 help" in screen)


def test_an_engine_that_is_killed_comes_back_by_itself_and_then_by_a_key(start, headless):
    explorer = start().open()
    home = after(explorer.screen())
    explorer.send("n")
    explorer.until_at(home + 1, best_of(headless[1]))
    before = listed(explorer.until(lambda screen: "┊" in screen and " bits, rank " in screen and 5 in listed(screen)))
    text = story(explorer.screen())

    first = explorer.engine
    os.kill(first, signal.SIGKILL)
    explorer.until("was killed by SIGKILL")
    assert story(explorer.screen()) == text
    explorer.until("the story is as it was")
    assert explorer.engine != first
    assert story(explorer.screen()) == text
    explorer.send("n")
    explorer.until_at(home + 2)
    explorer.send("h")
    explorer.until(lambda screen: after(screen) == home + 1 and same(listed(screen), before))

    os.kill(explorer.engine, signal.SIGKILL)
    explorer.until("R starts it again")
    assert ends(first)
    assert children(explorer.process.pid) == []
    explorer.send("R")
    explorer.until_at(home + 1)
    explorer.until(
        lambda screen: "⏎ take  n step" in screen and "engine lost" not in screen and "starting" not in screen
    )
    explorer.until_engine()
    explorer.send("l")
    explorer.until(lambda screen: after(screen) == home + 2 and bool(listed(screen)))
    explorer.send("n")
    explorer.until_at(home + 3)
    explorer.send("q")
    assert explorer.wait() == 0


def same(now, before):
    """True if ranks that both lists hold show the same tokens."""
    return bool(now) and all(before.get(rank, row) == row for rank, row in now.items())


def story(screen):
    """The text pane's lines."""
    lines = [line.split("││")[0] for line in screen.split("\n")]
    top = next(number for number, line in enumerate(lines) if "─ Text" in line)
    return lines[top + 1 : top + 12]


def test_a_model_that_is_not_there_is_said_in_place(start):
    explorer = start("--model", "/no/such/model")
    screen = explorer.until("R tries again")
    assert "/no/such/model" in re.sub(r"[│\s]+", "", screen)
    explorer.send("n?")
    explorer.until("Help")
    explorer.send("\x1b[27u")
    explorer.until(lambda screen: "─ Help" not in screen)
    explorer.send("q")
    assert explorer.wait() == 2
    assert b"samplescope: There is no folder '/no/such/model'." in explorer.raw


# -- refused before anything is drawn --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--temperature", "0"], "--greedy"),
        (["--top-p", "1.5"], "--top-p must be above 0 and at most 1"),
        (["--top-k", "-1"], "--top-k"),
        (["--seed", "many"], "--seed"),
        (["--no-such-option"], "--no-such-option"),
        (["--prompt", "a", "--prompt-file", "b"], "not both"),
        (["--prompt-file", "/no/such/file"], "/no/such/file cannot be read"),
        (["unknown-command"], "unknown-command"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(start, options, said):
    explorer = start(*options, size=(200, 10))
    assert explorer.wait() == 2
    written = explorer.raw.decode()
    assert written.startswith("samplescope: ")
    assert said in written
    assert written.count("\n") == 1
    assert "\x1b" not in written


def test_without_a_terminal_one_line_names_the_headless_command(tmp_path):
    ended = subprocess.run(
        COMMAND, cwd=tmp_path, env={**os.environ, **surroundings(tmp_path)}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=PATIENCE, start_new_session=True,
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert "samplescope run" in ended.stderr
