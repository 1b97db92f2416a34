"""Ended by a key or by a closed connection, the program is there again with --resume, and draws as without a break."""

import signal

import pytest

from tests.pty.conftest import best_of
from tests.pty.explorer import after
from tui import session

GOES_ON = b"samplescope --resume goes on where you stopped.\r\n"
ENTER, DOWN = "\r", "\x1b[B"


@pytest.fixture
def kept(tmp_path):
    """Reads the session that was kept last."""
    return lambda: session.read(tmp_path / "XDG_STATE_HOME" / "samplescope" / "session")


@pytest.fixture
def branched(start, headless):
    """An explorer with three drawn tokens and a second branch, and the cursor before the third token."""
    explorer = start().open()
    home = explorer.home = after(explorer.screen())
    for number in (1, 2, 3):
        explorer.send("n")
        explorer.until_at(home + number, best_of(headless[number]))
    explorer.send("<")
    explorer.until_at(home, best_of(headless[0]))
    explorer.send(DOWN + ENTER)
    explorer.until_at(home + 1)
    explorer.until("1 new")
    explorer.send("a>")
    explorer.until_at(home + 3, best_of(headless[3]))
    explorer.send("h")
    explorer.until_at(home + 2, best_of(headless[2]))
    return explorer


def goes_on(start, kept, headless, home):
    """Go on with the session: the same ids, the same cursor, then the tokens of a run without a break."""
    before = kept()
    assert len(before.story) == home + 4
    explorer = start("--resume")
    explorer.until_at(home + 2, best_of(headless[2]))
    explorer.until("The session goes on: 4 tokens drawn.")
    explorer.send(">")
    explorer.until_at(home + 3, best_of(headless[3]))
    for number in range(4, 10):
        explorer.send("n")
        explorer.until_at(home + number, best_of(headless[number]))
    explorer.send("q")
    assert explorer.wait() == 0
    assert explorer.raw.endswith(GOES_ON)
    story = kept().story
    assert repr(story[: len(before.story)]) == repr(before.story)
    assert [node.token for node in story[len(before.story) :]] == [step["id"] for step in headless[3:9]]
    ids = [node.id for node in story]
    assert ids == list(range(1, len(story) + 1))


def test_after_quitting(start, branched, kept, headless):
    branched.send("q")
    assert branched.wait() == 0
    assert branched.raw.endswith(GOES_ON)
    goes_on(start, kept, headless, branched.home)


def test_after_the_connection_was_closed(start, branched, kept, headless):
    branched.hang_up()
    assert branched.wait() == 128 + signal.SIGHUP
    goes_on(start, kept, headless, branched.home)


def test_after_being_ended_while_the_terminal_stalls(branched, kept):
    branched.stall()
    branched.signal(signal.SIGTERM)
    assert branched.wait() == 128 + signal.SIGTERM
    assert kept().cursor == branched.home + 2


def test_without_a_session_or_with_a_damaged_one_one_line_says_so(start, tmp_path):
    explorer = start("--resume", size=(200, 10))
    assert explorer.wait() == 2
    assert explorer.raw.startswith(b"samplescope: There is no kept session.")
    (tmp_path / "other").write_bytes(b"\x91" * 99)
    explorer = start("--resume", "other", size=(200, 10))
    assert explorer.wait() == 2
    assert b"is no session of samplescope" in explorer.raw
    assert explorer.raw.count(b"\n") == 1
