"""The story is a tree of tokens that only grows; ids are never reused."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.story import ROOT, How, Node, Story


def node(number, parent, token=0, position=0):
    return Node(id=number, parent=parent, position=position, token=token, piece=b"x")


@pytest.fixture
def forked():
    """1 ── 2 ── 3, and 4, another child of 2."""
    return Story([node(1, ROOT, 10), node(2, 1, 20), node(3, 2, 30), node(4, 2, 40)])


def test_a_path_runs_from_the_first_prompt_token_to_the_node(forked):
    assert [n.id for n in forked.path(4)] == [1, 2, 4]
    assert forked.path(ROOT) == []


def test_a_path_to_nowhere_is_an_error(forked):
    with pytest.raises(KeyError):
        forked.path(99)


def test_children_come_oldest_first(forked):
    assert [n.id for n in forked.children(2)] == [3, 4]
    assert [n.id for n in forked.children(ROOT)] == [1]
    assert forked.children(3) == []
    assert forked.children(99) == []


def test_a_token_that_follows_already_is_found(forked):
    assert forked.child(2, 40, prompt=True) == forked[4]
    assert forked.child(2, 50, prompt=True) is None


def test_a_drawn_token_and_a_longer_prompt_s_are_two_children(forked):
    """After a drawn token one more draw has happened than after the same token of a prompt."""
    assert forked.child(2, 40, prompt=False) is None
    for number, how in enumerate((How.SAMPLED, How.GREEDY, How.CHOSEN), start=5):
        forked.add([msgspec.structs.replace(node(number, 2, token=40 + number), how=how)])
        assert forked.child(2, 40 + number, prompt=False) == forked[number]
        assert forked.child(2, 40 + number, prompt=True) is None


def test_two_prompts_are_two_branches_of_the_root(forked):
    forked.add([node(5, ROOT, 11)])
    assert [n.id for n in forked.children(ROOT)] == [1, 5]
    assert [n.id for n in forked.path(3)] == [1, 2, 3]


def test_adding_a_node_again_changes_nothing(forked):
    forked.add([node(2, ROOT, 99)])
    assert forked[2].token == 20
    assert [n.id for n in forked.children(ROOT)] == [1]
    assert len(forked) == 4


def test_the_next_number_is_new():
    story = Story()
    assert story.next_id == 1
    story.add([node(1, ROOT), node(2, 1), node(7, 2)])
    assert story.next_id == 8


def test_nodes_come_in_the_order_they_were_added(forked):
    assert [n.id for n in forked] == [1, 2, 3, 4]
    assert 3 in forked
    assert 5 not in forked


def test_what_is_not_known_of_a_prompt_token_is_nan():
    prompt = node(1, ROOT)
    assert prompt.how is How.PROMPT
    assert all(math.isnan(number) for number in (prompt.raw, prompt.tempered, prompt.final, prompt.surprisal))


@given(st.lists(st.integers(0, 30), max_size=40))
def test_every_node_ends_its_own_path_and_hangs_under_its_parent(parents):
    nodes = [node(i, min(parent, i - 1)) for i, parent in enumerate(parents, 1)]
    story = Story(nodes)
    for each in nodes:
        path = story.path(each.id)
        assert path[-1] == each
        assert [n.parent for n in path] == [ROOT, *(n.id for n in path[:-1])]
        assert each in story.children(each.parent)
