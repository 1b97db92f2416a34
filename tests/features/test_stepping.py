"""Stepping: steps, runs and takes."""

import pytest

from tests.features.conftest import Bed, node
from tui.explorer.status import EngineStatus
from tui.explorer.stepping import MOST_WAITING, Stepping
from tui.protocol import Stepped


@pytest.fixture
def stepping(bed):
    return Stepping(bed.explorer)


def ended(tip, reason="count"):
    return Stepped(id=1, tip=tip, reason=reason)


def test_a_step_asks_for_one_token_and_follows_it(bed, stepping):
    stepping.step()
    step = bed.engine.last("step")
    assert (step.request.at, step.request.count, step.request.token) == (2, 1, None)
    assert bed.state.status is EngineStatus.STEP
    bed.grow(node(3, 2, 20))
    step.then(ended(3))
    assert (bed.state.cursor, bed.state.fresh, bed.state.status) == (3, 3, EngineStatus.IDLE)


def test_steps_asked_for_meanwhile_wait_up_to_a_limit(bed, stepping):
    for _ in range(40):
        stepping.step()
    for number in range(3, 3 + MOST_WAITING + 5):
        bed.grow(node(number, number - 1, number))
        bed.engine.last("step").then(ended(number))
    assert len(bed.engine.all("step")) == 1 + MOST_WAITING


def test_a_pause_drops_the_steps_that_wait(bed, stepping):
    stepping.step()
    stepping.step()
    assert stepping.pause()
    assert bed.engine.stops == 1
    bed.grow(node(3, 2, 20))
    bed.engine.last("step").then(ended(3, "stopped"))
    assert len(bed.engine.all("step")) == 1
    assert bed.message == "Paused."
    assert not stepping.pause()


def test_a_run_is_paused_by_the_key_that_began_it(bed, stepping):
    stepping.run()
    assert bed.engine.last("step").request.count is None
    stepping.run()
    assert (bed.engine.stops, len(bed.engine.all("step"))) == (1, 1)


def test_a_run_shows_its_tokens_once_a_frame(bed, stepping):
    stepping.run()
    pictures = len(bed.display.pictures)
    bed.engine.story.add([node(3, 2, 20), node(4, 3, 21)])
    bed.engine.grown([bed.engine.story[3]])
    bed.engine.grown([bed.engine.story[4]])
    assert len(bed.display.pictures) == pictures
    bed.display.rest()
    assert bed.state.cursor == 4


def test_why_it_ended_names_the_person_s_own_key():
    bed = Bed(keymap={"step": "f5"}).ready()
    stepping = Stepping(bed.explorer)
    stepping.run()
    bed.grow(node(3, 2, 20))
    bed.engine.last("step").then(ended(3, "eos"))
    assert bed.message == "The model ended the text; f5 steps past it."


def test_a_step_that_is_refused_ends_and_says_why(bed, stepping):
    stepping.step()
    bed.engine.last("step").refuse("Scores overflow.")
    assert (bed.state.status, bed.message, bed.display.alerts) == (
        EngineStatus.IDLE,
        "Scores overflow.",
        ["Scores overflow."],
    )


def test_taking_asks_for_the_token_and_one_that_is_there_is_followed(bed, stepping):
    stepping.take(20)
    assert bed.engine.last("step").request.token == 20
    bed.grow(node(3, 2, 20))
    bed.engine.last("step").then(ended(3, "taken"))
    bed.explorer.go(bed.state.back(bed.engine.story))
    bed.answer()
    stepping.take(20)
    assert len(bed.engine.all("step")) == 1
    assert bed.state.cursor == 3


def test_nothing_is_taken_from_rows_of_another_place(bed, stepping):
    bed.grow(node(3, 2, 20))
    bed.explorer.go(bed.state.visit(bed.engine.story, 3))
    stepping.take(30)
    assert bed.engine.all("step") == []


def test_redraw_goes_back_and_draws_with_the_next_seed(bed, stepping):
    stepping.redraw()
    assert "no drawn token" in bed.message
    bed.grow(node(3, 2, 20))
    bed.explorer.go(bed.state.visit(bed.engine.story, 3))
    stepping.redraw()
    assert (bed.engine.last("step").request.at, bed.engine.last("step").request.seed) == (2, 43)


def test_before_there_is_a_model_a_step_says_what_is_missing():
    bed = Bed()
    bed.explorer.begin(EngineStatus.OPENING)
    Stepping(bed.explorer).step()
    assert (bed.message, bed.engine.asked) == ("The model is still loading.", [])
