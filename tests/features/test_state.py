"""The workbench's state: every transition, without a screen."""

import pytest

from tui.core.settings import Setting, Source
from tui.core.story import ROOT, How, Node, Story
from tui.explorer.state import State, is_on_path, leaf, prompt_end
from tui.explorer.status import EngineStatus


def node(number, parent, token, how=How.SAMPLED, **more):
    return Node(number, parent, position=number - 1, token=token, piece=b"t%d" % token, how=how, **more)


@pytest.fixture
def story():
    """A story with prompt nodes 1-2, drawn nodes 3-4-5, a second branch 6-7 after node 2, and a third, 8, after 4."""
    return Story(
        [
            node(1, ROOT, 10, How.PROMPT),
            node(2, 1, 11, How.PROMPT),
            node(3, 2, 20),
            node(4, 3, 21),
            node(5, 4, 22),
            node(6, 2, 30, How.CHOSEN),
            node(7, 6, 31),
            node(8, 4, 40),
        ]
    )


AT_5 = State(cursor=5, tip=5, status=EngineStatus.IDLE)


def test_back_goes_through_the_prompt_and_ends_at_its_first_token(story):
    state = AT_5
    seen = []
    for _ in range(5):
        state = state.back(story)
        seen.append(state.cursor)
    assert seen == [4, 3, 2, 1, 1]
    assert state.tip == 5


def test_forward_goes_along_the_branch_on_screen_and_ends_at_its_tip(story):
    state = State(cursor=2, tip=7)
    assert state.forward(story).cursor == 6
    assert state.forward(story).forward(story).forward(story).cursor == 7


def test_next_node_is_the_branch_s_own_not_another_child(story):
    assert State(cursor=4, tip=5).next_node(story).id == 5
    assert State(cursor=4, tip=8).next_node(story).id == 8
    assert AT_5.next_node(story) is None


def test_start_and_end(story):
    assert AT_5.to_start(story).cursor == 2
    assert State(cursor=2, tip=5).to_end().cursor == 5
    assert State().to_start(Story()) == State()


def test_visiting_a_node_of_this_branch_keeps_the_branch(story):
    visited = AT_5.visit(story, 4)
    assert (visited.cursor, visited.tip) == (4, 5)


def test_visiting_another_branch_goes_to_its_newest_end(story):
    visited = AT_5.visit(story, 6)
    assert (visited.cursor, visited.tip) == (6, 7)


def test_the_next_branch_leaves_the_cursor_at_the_fork(story):
    first = AT_5.next_branch(story)
    assert (first.cursor, first.tip) == (2, 7)
    second = first.next_branch(story)
    assert (second.cursor, second.tip) == (2, 8)
    assert second.next_branch(story).tip == 5


def test_the_next_branch_keeps_a_cursor_that_both_share(story):
    state = State(cursor=3, tip=8)
    assert (state.next_branch(story).cursor, state.next_branch(story).tip) == (3, 5)


def test_the_next_branch_is_one_of_the_same_prompt_while_that_has_several(story):
    story.add([node(9, ROOT, 50, How.PROMPT), node(10, 9, 51, How.PROMPT), node(11, 10, 60)])
    assert State(cursor=5, tip=8).next_branch(story).tip == 5


def test_from_a_prompt_s_only_branch_the_next_one_starts_after_its_own_prompt(story):
    story.add([node(9, ROOT, 50, How.PROMPT), node(10, 9, 51, How.PROMPT), node(11, 10, 60)])
    state = State(cursor=11, tip=11).next_branch(story)
    assert (state.cursor, state.tip) == (2, 5)


def test_one_branch_alone_has_no_next():
    story = Story([node(1, ROOT, 10, How.PROMPT)])
    state = State(cursor=1, tip=1)
    assert state.next_branch(story) == state


def test_moving_forgets_draws_and_the_fresh_mark(story):
    moved = State(cursor=5, tip=5, draws=1000, fresh=5).back(story)
    assert moved.draws == 0
    assert moved.fresh is None


def test_a_run_takes_the_cursor_along(story):
    state = State(cursor=5, tip=5).begin(EngineStatus.RUN)
    story.add([node(9, 5, 23), node(10, 9, 24)])
    grown = state.grown(story, [story[9], story[10]])
    assert (grown.cursor, grown.tip, grown.fresh) == (10, 10, 10)


def test_a_run_leaves_a_cursor_alone_that_was_moved_away(story):
    state = State(cursor=5, tip=5).begin(EngineStatus.RUN).back(story)
    story.add([node(9, 5, 23)])
    grown = state.grown(story, [story[9]])
    assert (grown.cursor, grown.tip) == (4, 9)
    assert grown.stepped(story, 9).cursor == 4


def test_a_run_from_the_middle_starts_a_branch_of_its_own(story):
    state = State(cursor=3, tip=5).begin(EngineStatus.RUN)
    story.add([node(9, 3, 70), node(10, 9, 71)])
    grown = state.grown(story, [story[9], story[10]])
    assert (grown.cursor, grown.tip) == (10, 10)


def test_a_step_that_brings_a_node_of_the_branch_keeps_what_follows_it(story):
    grown = State(cursor=2, tip=5, status=EngineStatus.STEP).grown(story, [story[3]])
    assert (grown.cursor, grown.tip) == (3, 5)


def test_a_step_that_brings_a_node_of_another_branch_goes_over_to_it(story):
    grown = State(cursor=2, tip=5, status=EngineStatus.STEP).grown(story, [story[6]])
    assert (grown.cursor, grown.tip) == (6, 7)


def test_stepping_onto_a_node_already_there_keeps_the_branch(story):
    stepped = State(cursor=3, tip=5, status=EngineStatus.STEP).stepped(story, 4)
    assert (stepped.cursor, stepped.tip, stepped.status) == (4, 5, EngineStatus.IDLE)


def test_a_value_that_was_set_is_yours_one_that_a_preset_set_is_the_preset_s():
    state = State(base={"temperature": Setting(1.0, Source.TRANSFORMERS), "top_k": Setting(50, Source.TRANSFORMERS)})
    state = state.use_preset("hot", {"temperature": 2.0, "top_k": 0})
    assert state.settings()["temperature"] == Setting(2.0, Source.PRESET)
    state = state.change({"temperature": 1.5})
    assert state.settings()["temperature"] == Setting(1.5, Source.YOU)
    assert state.settings()["top_k"] == Setting(0, Source.PRESET)


def test_back_to_source_leaves_the_parameter_out():
    state = State(base={"top_k": Setting(50, Source.TRANSFORMERS)}).off("top_k")
    assert state.given == {"top_k": 0}
    state = state.to_source("top_k")
    assert state.given == {}
    assert state.settings()["top_k"] == Setting(50, Source.TRANSFORMERS)


def test_off_is_none_for_what_has_no_neutral_number():
    assert State().off("min_p").given == {"min_p": None}


def test_a_preset_replaces_what_was_given_but_for_the_length():
    state = State(given={"min_p": 0.1, "max_new_tokens": 7}).use_preset("nucleus", {"top_p": 0.9})
    assert state.given == {"top_p": 0.9, "max_new_tokens": 7}
    assert state.preset_name == "nucleus"


def test_reset_gives_everything_back():
    state = State().use_preset("hot", {"temperature": 2.0}).change({"top_p": 0.5}).reset()
    assert state.given == {}
    assert state.preset == frozenset()
    assert state.preset_name == ""


def test_replacing_all_parameters_keeps_the_preset_s_mark_where_the_value_stayed():
    state = State().use_preset("hot", {"temperature": 2.0, "top_k": 0})
    state = state.replace_given({"temperature": 2.0, "top_k": 10})
    assert state.preset == {"temperature"}


def test_a_given_state_is_never_changed_in_place():
    state = State(given={"top_p": 0.9})
    state.change({"top_p": 0.1})
    state.to_source("top_p")
    assert state.given == {"top_p": 0.9}


def test_greedy_is_a_switch():
    state = State()
    assert not state.greedy
    assert state.switch_greedy().greedy
    assert state.switch_greedy().switch_greedy().given == {}


def test_settings_and_seed_changes_drop_the_draws():
    state = State(draws=1000)
    assert state.change({"top_p": 0.5}).draws == 0
    assert state.with_seed(43).draws == 0


def test_paths(story):
    assert prompt_end(story.path(5)) == 2
    assert leaf(story, 2) == 7
    assert is_on_path(story, 3, 8)
    assert not is_on_path(story, 6, 8)
