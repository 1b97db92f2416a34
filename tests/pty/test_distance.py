"""The engine behind a real `ssh`: end to end, with a shell that prints, and with connections that break."""

import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.pty.conftest import best_of
from tests.pty.explorer import COMMAND, after, children, ends, listed, surroundings
from tests.pty.sshd import Sshd, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "sshd is here")

ENTER, RIGHT, ESC = "\r", "\x1b[C", "\x1b[27u"
HERE = platform.node()[:27]
QUESTION = "Are you sure you want to continue connecting"
LONG_RUN = 120


@pytest.fixture
def box(tmp_path):
    """A host with a known key, whose .bashrc prints a line, then nearly `MAX_NOISE` bytes without a line end."""
    sshd = Sshd(tmp_path / "box")
    sshd.know()
    (sshd.home / ".bashrc").write_text("echo 'Welcome to gpubox.'\nprintf 'mail %.0s' {1..12000}\n")
    yield sshd
    sshd.close()


@pytest.fixture(scope="session")
def long_run(tmp_path_factory):
    """The ids that the run draws over an unbroken connection."""
    folder = tmp_path_factory.mktemp("run")
    ran = subprocess.run(
        [*COMMAND, "run", "--max-new-tokens", str(LONG_RUN), "--top", "0"],
        cwd=folder, env={"PATH": "", **surroundings(folder)}, capture_output=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    return json.loads(ran.stdout.splitlines()[-1])["ids"]


def saved(explorer) -> list[int]:
    """Save the branch; returns the ids in the file."""
    count = len(list(explorer.folder.glob("branch*.jsonl")))
    name = f"branch-{count + 1}.jsonl" if count else "branch.jsonl"
    explorer.send("w")
    explorer.until(lambda screen: "Save as" in screen and f"│ {name}" in screen)
    explorer.send(ENTER)
    explorer.until(lambda screen: "Save as" not in screen and (explorer.folder / name).exists() and "Written" in screen)
    lines = (explorer.folder / name).read_text(encoding="utf-8").splitlines()
    return [record["id"] for record in map(json.loads, lines) if record["type"] == "step"]


def steps(explorer, headless, count: int) -> int:
    """Make `count` steps from the prompt's end; returns the number of the prompt's last token."""
    home = after(explorer.screen())
    for number in range(1, count + 1):
        explorer.send("n")
        explorer.until_at(home + number, best_of(headless[number]))
    return home


def is_back(explorer) -> str:
    return explorer.until(lambda screen: "the story is as it was" in screen and 5 in listed(screen))


def shown(screen: str) -> list[str]:
    """The text pane's lines."""
    lines = [line.split("││")[0] for line in screen.split("\n")]
    top = next(number for number, line in enumerate(lines) if "─ Text" in line)
    return lines[top : top + 12]


def test_a_session_from_end_to_end_behind_a_shell_that_prints(start, box, headless):
    explorer = start("--engine", box.command)
    screen = explorer.open().screen()
    assert f"demo · on {HERE}" in screen
    assert "Welcome" not in screen and "mail" not in screen
    assert "libtorch" not in Path(f"/proc/{explorer.process.pid}/maps").read_text()
    steps(explorer, headless, 3)
    explorer.send(",")
    explorer.until(lambda screen: "max new tokens" in screen and "⏎ take  n step" not in screen)
    explorer.send(RIGHT * 10)
    explorer.until("1.10")
    explorer.send(ESC)
    explorer.until("⏎ take  n step")
    assert saved(explorer) == [step["id"] for step in headless[:3]]
    (there,) = box.engines()
    explorer.send("q")
    assert explorer.wait() == 0
    assert ends(there)


def test_ssh_killed_in_the_middle_of_a_run_loses_no_step_and_killed_again_comes_back_by_a_key(start, box, long_run):
    explorer = start("--engine", box.command, "--max-new-tokens", "900")
    home = after(explorer.open().screen())
    explorer.send("r")
    seen = after(explorer.until(lambda screen: after(screen) > home + 5))
    os.kill(explorer.engine, signal.SIGKILL)
    explorer.until("ssh was killed by SIGKILL")
    is_back(explorer)
    drawn = saved(explorer)
    at = home + len(drawn)
    assert at >= seen
    text = shown(explorer.until_at(at))
    assert drawn[:LONG_RUN] == long_run[: len(drawn)]
    first, second = box.engines()
    assert ends(first)

    os.kill(explorer.engine, signal.SIGKILL)
    screen = explorer.until("R starts it again")
    assert shown(screen) == text
    assert children(explorer.process.pid) == []
    explorer.send("R")
    is_back(explorer)
    assert shown(explorer.until_at(at)) == text
    assert saved(explorer) == drawn
    assert ends(second) and len(box.engines()) == 3
    explorer.send("n")
    explorer.until_at(at + 1)
    drawn = saved(explorer)
    assert drawn[:LONG_RUN] == long_run[: len(drawn)]
    explorer.send("q")
    assert explorer.wait() == 0


def test_ssh_killed_in_the_middle_of_a_large_reply_loses_no_step(start, box, headless, tmp_path):
    cut = tmp_path / "cut"
    cutter = Path(__file__).parent / "cutter.py"
    explorer = start("--engine", f"{sys.executable} {cutter} {cut} {box.command}").open()
    home = steps(explorer, headless, 3)
    drawn = saved(explorer)
    cut.touch()
    explorer.send("n")  # the step arrives, the view of what comes after it does not
    explorer.until("ended with exit code 255")
    assert Path(f"{cut}.cut").exists()
    is_back(explorer)
    explorer.until_at(home + 4, best_of(headless[4]))
    assert saved(explorer) == [*drawn, headless[3]["id"]]

    cut.touch()
    explorer.send("h")
    explorer.until("R starts it again")
    assert children(explorer.process.pid) == []
    explorer.send("R")
    is_back(explorer)
    explorer.until_at(home + 3, best_of(headless[3]))
    assert saved(explorer) == [*drawn, headless[3]["id"]]
    explorer.send("q")
    assert explorer.wait() == 0


def test_an_unknown_host_is_asked_about_before_the_screen_and_again_on_the_plain_terminal(start, box, headless):
    box.known.unlink()
    explorer = start("--engine", box.command)
    explorer.until(QUESTION)
    assert b"\x1b" not in explorer.raw
    explorer.send("yes\n")
    steps(explorer.open(), headless, 2)
    drawn = saved(explorer)

    box.known.unlink()
    os.kill(explorer.engine, signal.SIGKILL)
    screen = explorer.until(lambda screen: "R lets it ask on the plain" in screen and "verification" in screen)
    assert QUESTION not in screen and "Candidates" in screen
    explorer.send("R")
    explorer.until(lambda screen: QUESTION in screen and "Candidates" not in screen)
    explorer.send("yes\n")
    is_back(explorer)
    assert saved(explorer) == drawn
    explorer.send("q")
    assert explorer.wait() == 0


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda box: (box.folder / "authorized_keys").write_text(""), "Permission denied (publickey)."),
        (lambda box: box.close(), "Connection refused"),
        (lambda box: (box.folder / "bin" / "samplescope").unlink(), "samplescope: command not found"),
    ],
    ids=["key", "port", "program"],
)
def test_what_ssh_says_is_told_in_one_line(start, box, spoil, said):
    spoil(box)
    explorer = start("--engine", box.command, size=(200, 10))
    assert explorer.wait() == 3
    ours = [line for line in explorer.raw.decode().splitlines() if line.startswith("samplescope: ")]
    assert len(ours) == 1
    assert "ssh ended with exit code" in ours[0] and said in ours[0]
    assert b"\x1b" not in explorer.raw and "Traceback" not in explorer.raw.decode()


def test_ctrl_c_at_ssh_s_own_question(start, box):
    box.known.unlink()
    explorer = start("--engine", box.command)
    explorer.until(QUESTION)
    (ssh,) = children(explorer.process.pid)
    explorer.send("\x03")
    assert explorer.wait() == 130
    assert ends(ssh) and box.engines() == []
    assert "Traceback" not in explorer.raw.decode()
