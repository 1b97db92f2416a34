"""What follows a token may take long to come from a server: the wait is shown, can be given up, and is one wait."""

import pytest

from tests.features.conftest import node
from tui.explorer.status import EngineStatus
from tui.protocol import Progress

COUNT_DOWN = Progress(of=9, stage="server: trying again in 3 s", done=1.0, total=3.0, unit="s")


@pytest.fixture
def asked(bed):
    """The view after a token just drawn, which has not come yet."""
    bed.engine.story.add([node(3, 2, 20)])
    bed.explorer.go(bed.state.visit(bed.engine.story, 3))
    return bed.engine.last("view")


def test_the_wait_is_shown_until_the_answer_comes(bed, asked):
    bed.engine.progress(COUNT_DOWN, False)
    assert bed.explorer.picture.progress is COUNT_DOWN
    asked.then(bed.viewed())
    assert bed.explorer.picture.progress is None
    bed.engine.progress(COUNT_DOWN, False)  # of another view
    assert bed.explorer.picture.progress is None


def test_a_fault_of_the_server_says_which_key_asks_again(bed, asked):
    bed.engine.progress(COUNT_DOWN, False)
    asked.refuse("The server failed (500).", "server")
    assert bed.explorer.picture.progress is None
    assert bed.explorer.picture.placeholder == "The server failed (500). n asks again, and draws the next token."
    assert bed.message == "The server failed (500)."


def test_the_wait_can_be_given_up(bed, asked):
    bed.engine.progress(COUNT_DOWN, False)
    assert bed.explorer.stop() and bed.engine.stops == 1
    asked.refuse("The wait was given up.", "stopped")
    assert bed.explorer.picture.placeholder.startswith("The wait was given up. n asks again")
    assert not bed.explorer.stop() and bed.engine.stops == 1


def test_an_answer_that_comes_at_once_is_not_stopped_by_a_key_meant_for_something_else(bed, asked):
    assert not bed.explorer.stop() and bed.engine.stops == 0


def test_it_is_not_asked_for_again_while_it_is_awaited(bed, asked):
    bed.display.rest()
    assert bed.engine.last("view") is asked
    asked.refuse("The server failed (500).", "server")
    bed.explorer.go(bed.state.with_seed(7))
    assert bed.engine.last("view") is not asked


def test_of_two_views_the_newer_one_is_waited_for(bed, asked):
    bed.explorer.go(bed.state.with_seed(7))
    bed.engine.progress(COUNT_DOWN, False)
    asked.then(bed.viewed())
    assert bed.explorer.picture.progress is COUNT_DOWN
    bed.answer()
    assert bed.explorer.picture.progress is None


def test_the_progress_of_a_step_is_not_ended_by_a_view(bed, asked):
    bed.explorer.begin(EngineStatus.STEP)
    bed.engine.progress(COUNT_DOWN, False)
    asked.then(bed.viewed())
    assert bed.explorer.picture.progress is COUNT_DOWN
