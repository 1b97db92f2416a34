"""The models screen on the real engine: a model that is refused, and a download that is given up, change nothing."""

import re
import threading

import pytest

from tests.models import checkpoints
from tests.models.hub_server import Repository, serving
from tests.pty.explorer import after, children, ends

ENTER, ESC = "\r", "\x1b[27u"
DOWNLOADING = re.compile(r"org/held: downloading, 0 of 1 files, [\d.]+ MB/s ━*─+ +\d+ % of [\d.]+ MB")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return checkpoints.whole(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture
def hub(checkpoint):
    """A hub with a model whose weights never come whole, and one that comes."""
    held = Repository({"main": checkpoint}, hold=threading.Event(), chunk_seconds=0.02)
    with serving({"org/held": held, "org/whole": Repository({"main": checkpoint})}) as hub_server:
        yield hub_server


@pytest.fixture
def explorer(start, hub, tmp_path):
    """The explorer on the demo model, with a token drawn, which may ask that hub."""
    explorer = start(HF_ENDPOINT=hub.address, HF_HUB_OFFLINE=None, HF_HOME=str(tmp_path / "home")).open()
    step(explorer)
    return explorer


def step(explorer):
    """Draw a token, and wait until what follows it is shown."""
    home = after(explorer.screen())
    explorer.send("n")
    explorer.until_at(home + 1)


def load(explorer, name):
    """Ask for a model in the models screen."""
    explorer.send("m")
    explorer.until(lambda screen: "─ Models ─" in screen and "demo (built in)" in screen)
    explorer.send(f"{name}{ENTER}")
    explorer.until(lambda screen: "─ Models ─" not in screen)


def text(screen):
    """The text pane's lines."""
    lines = [line.split("││")[0] for line in screen.split("\n")]
    top = next(number for number, line in enumerate(lines) if "─ Text" in line)
    return lines[top : top + 12]


def said(screen):
    return " ".join(" ".join(screen.split("\n")[-3:-1]).split())


def test_a_bad_folder_is_a_line_and_the_old_model_answers(explorer, checkpoint, tmp_path):
    pickled = checkpoints.copy(checkpoint, tmp_path / "pickled")
    checkpoints.pickle(pickled)
    engine, before = explorer.engine, text(explorer.screen())
    load(explorer, pickled)
    screen = explorer.until(lambda screen: "pickle" in said(screen) and "Loading" not in said(screen))
    assert "not opened" in said(screen)
    assert text(screen) == before
    assert engine in children(explorer.process.pid)
    step(explorer)
    explorer.send("q")
    assert explorer.wait() == 0


def test_a_download_is_told_and_given_up_and_another_one_replaces_the_model(explorer, hub):
    engine, at = explorer.engine, after(explorer.screen())
    load(explorer, "org/held")
    explorer.until(lambda screen: bool(DOWNLOADING.search(screen)))
    (loading,) = set(children(explorer.process.pid)) - {engine}
    step(explorer)  # the old model answers meanwhile
    explorer.send(ESC)
    screen = explorer.until("The loading was given up.")
    assert "downloading" not in screen
    assert ends(loading) and engine in children(explorer.process.pid)
    explorer.go_back_to(at)
    load(explorer, "org/whole")
    explorer.until(lambda screen: "org/whole · cpu " in screen and bool(re.search(r"Candidates .* 8,200 ", screen)))
    assert ends(engine)
    step(explorer)
    explorer.send("q")
    assert explorer.wait() == 0
