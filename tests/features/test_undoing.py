"""Undo and redo: the settings, the seed and the branch are as they were; no token is lost."""

import pytest

from tests.features.conftest import node
from tui.core.story import Story
from tui.explorer.finding import Finding
from tui.explorer.history import MERGED_WITHIN, History
from tui.explorer.navigation import Navigation
from tui.explorer.state import State
from tui.explorer.stepping import Stepping
from tui.explorer.tuning import Tuning
from tui.explorer.undoing import Undoing
from tui.protocol import Stepped


@pytest.fixture
def tuning(bed):
    return Tuning(bed.explorer)


@pytest.fixture
def undoing(bed):
    return Undoing(bed.explorer)


CHANGES = {
    "a slider": lambda tuning: tuning.change("top_p", 0.5),
    "off": lambda tuning: tuning.off("top_k"),
    "the seed": lambda tuning: tuning.seed(7),
    "next seed": lambda tuning: tuning.next_seed(),
    "a preset": lambda tuning: tuning.commands()["preset_1"](),
    "all parameters": lambda tuning: tuning.replace_given({"top_k": 5, "seed": 9}),
    "greedy": lambda tuning: tuning.greedy(),
    "the order": lambda tuning: tuning.order(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_of_settings_is_undone_and_done_again(bed, tuning, undoing, change):
    before = bed.state.decisions
    CHANGES[change](tuning)
    after = bed.state.decisions
    assert after != before
    undoing.undo()
    assert bed.state.decisions == before
    assert bed.engine.last("view").request.given == bed.state.given
    undoing.redo()
    assert bed.state.decisions == after


def test_reset_is_undone(bed, tuning, undoing):
    tuning.change("top_p", 0.5)
    tuning.to_source("top_k")
    tuning.reset()
    assert bed.state.given == {}
    undoing.undo()
    assert bed.state.given == {"top_p": 0.5}


def test_a_step_is_undone_by_going_back_before_it_and_its_token_stays_in_the_story(bed, undoing):
    Stepping(bed.explorer).step()
    bed.grow(node(3, 2, 20))
    bed.engine.last("step").then(Stepped(id=1, tip=3, reason="count"))
    assert (bed.state.cursor, bed.state.tip) == (3, 3)
    undoing.undo()
    assert (bed.state.cursor, bed.state.tip, len(bed.explorer.story)) == (2, 3, 3)  # its token is behind the cursor
    assert "Undone: the step." in bed.message
    undoing.redo()
    assert (bed.state.cursor, bed.state.tip) == (3, 3)


def test_a_token_taken_beside_another_is_undone_by_going_back_to_the_branch_before(bed, undoing):
    bed.engine.story.add([node(3, 2, 20), node(4, 2, 21)])
    bed.explorer.go(bed.state.visit(bed.engine.story, 3))
    bed.explorer.go(bed.state.back(bed.engine.story))
    bed.explorer.change(viewed=bed.viewed(at=2))
    Stepping(bed.explorer).take(21)
    assert (bed.state.cursor, bed.state.tip) == (4, 4)
    undoing.undo()
    assert (bed.state.cursor, bed.state.tip) == (2, 3)


def test_a_taken_token_is_undone_wherever_the_cursor_went_since(bed, undoing):
    bed.explorer.change(viewed=bed.viewed(at=2))
    Stepping(bed.explorer).take(20)
    bed.grow(node(3, 2, 20))
    bed.engine.last("step").then(Stepped(id=1, tip=3, reason="taken"))
    Navigation(bed.explorer, Finding(bed.explorer)).back()
    Navigation(bed.explorer, Finding(bed.explorer)).back()
    undoing.undo()
    assert (bed.state.cursor, bed.state.tip) == (2, 3)


def test_the_moves_of_one_slider_in_quick_succession_are_one_change():
    clock = iter([0.0, 0.5, 1.2, 9.0]).__next__
    history, story = History(clock), Story()
    values = [State(given={"top_p": value}) for value in (0.1, 0.2, 0.3, 0.4, 0.5)]
    for before in values[:4]:
        history.record("top-p", before, story, merge=True)
    undone = history.undo(values[4], story)
    assert undone is not None and undone.state.given == {"top_p": 0.4}
    undone = history.undo(values[3], story)
    assert undone is not None and undone.state.given == {"top_p": 0.1}
    assert MERGED_WITHIN < 9.0 - 1.2


def test_a_change_that_changed_nothing_is_skipped(bed, tuning, undoing):
    tuning.change("top_p", 0.5)
    tuning.seed(bed.state.seed)
    undoing.undo()
    assert bed.state.given == {}


def test_after_another_change_nothing_is_done_again(bed, tuning, undoing):
    tuning.change("top_p", 0.5)
    undoing.undo()
    tuning.seed(9)
    undoing.redo()
    assert bed.message == "There is nothing to do again."


def test_nothing_to_undo_is_said(bed, undoing):
    undoing.undo()
    assert bed.message == "There is nothing to undo."


def test_while_tokens_are_drawn_undo_waits(bed, tuning, undoing):
    tuning.seed(9)
    Stepping(bed.explorer).run()
    undoing.undo()
    assert bed.state.seed == 9
    assert "is being drawn" in bed.message


def test_another_model_s_story_has_a_history_of_its_own(bed, tuning, undoing):
    tuning.seed(9)
    bed.engine.story = type(bed.engine.story)()
    undoing.undo()
    assert bed.state.seed == 9
