"""The requests that a state needs, and the replies that match it."""

import dataclasses

from tui.core.story import ROOT, How, Node, Story
from tui.explorer import requests
from tui.explorer.state import State
from tui.protocol import PlotRequest, Viewed

STATE = State(cursor=4, tip=6, given={"top_p": 0.9}, seed=7, draws=1000)


def viewed(**more):
    known = {"id": 1, "slot": "main", "at": 4, "revision": 6, "settings": {}, "given": {"top_p": 0.9}, "seed": 7}
    return Viewed(**(known | {"draws": 1000} | more))


def drawn(number, given, how=How.SAMPLED):
    return Node(number, number - 1, number - 1, number, b"x", how=how, given=given)


def test_the_main_view_names_everything_it_depends_on():
    view = requests.main_view(STATE, Story(), (10, 30), PlotRequest("cumulative", 60), exact=False)
    assert (view.slot, view.at, view.given, view.seed, view.draws) == ("main", 4, {"top_p": 0.9}, 7, 1000)
    assert (view.window, view.plot, view.exact) == ((10, 30), PlotRequest("cumulative", 60), False)


def test_the_main_view_names_the_token_the_branch_goes_on_with_and_depends_on_it():
    story = Story([Node(number, parent, 0, 40 + number, b"x") for number, parent in ((4, 0), (5, 4), (6, 5), (7, 4))])
    here, there = STATE, dataclasses.replace(STATE, tip=7)
    views = [requests.main_view(state, story, (0, 9), None, exact=True) for state in (here, there)]
    assert [view.follow for view in views] == [45, 47]
    assert requests.view_key(here, story) != requests.view_key(there, story)
    assert requests.main_view(dataclasses.replace(STATE, tip=4), story, (0, 9), None, exact=True).follow is None


def test_more_rows_are_asked_for_in_their_own_slot_so_that_they_never_push_out_the_main_view():
    view = requests.scroll_view(viewed(exact=False), (500, 60))
    assert (view.slot, view.at, view.window, view.plot, view.exact) == ("scroll", 4, (500, 60), None, False)


def test_a_step_carries_what_is_on_screen():
    step = requests.step(STATE)
    assert (step.at, step.given, step.seed, step.count, step.token) == (4, {"top_p": 0.9}, 7, 1, None)
    assert requests.run(STATE).count is None
    assert requests.take(STATE, 99).token == 99


def test_an_answer_about_something_else_is_no_answer():
    assert requests.answers(viewed(), STATE)
    for other in ({"at": 5}, {"given": {}}, {"seed": 8}, {"draws": 0}):
        assert not requests.answers(viewed(**other), STATE)


def test_a_late_answer_for_this_place_is_worth_showing_one_for_another_place_is_not():
    story = Story([Node(4, ROOT, 0, 1, b"a"), Node(5, 4, 1, 2, b"b")])
    assert requests.worth_showing(viewed(given={"top_p": 0.8}), STATE, story)
    assert not requests.worth_showing(viewed(at=5), STATE, story)


def test_reachability_is_asked_nearest_to_the_cursor_first_and_only_where_it_is_open():
    path = [
        drawn(1, {}, How.PROMPT),
        drawn(2, {}),
        drawn(3, {"top_p": 0.9}),  # drawn under the settings on screen: reachable
        drawn(4, {}),
        drawn(5, {"top_p": 0.9}, How.CHOSEN),  # chosen: may be outside the kept set
        drawn(6, {}),
    ]
    assert requests.reach_nodes(STATE, path, known=()) == [4, 5, 2, 6]
    assert requests.reach_nodes(STATE, path, known=[4, 6]) == [5, 2]
