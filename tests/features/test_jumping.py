"""Jumps along the branch: to what is surprising, uncertain, not the best, or out of reach; else a word on why not."""

from types import SimpleNamespace

import pytest

from tests.features.conftest import Bed, node
from tui.core.story import How
from tui.explorer.finding import Finding
from tui.explorer.jumping import Jumping
from tui.explorer.navigation import Navigation
from tui.explorer.reachability import Reachability
from tui.explorer.tuning import Tuning

TOKENS = [
    {"rank": 1, "surprisal": 0.2, "entropy": 1.0},
    {"rank": 5, "surprisal": 4.0, "entropy": 4.0},
    {"rank": 1, "surprisal": 1.0, "entropy": 4.1},
    {"rank": 9, "surprisal": 7.0, "entropy": 6.0, "how": How.CHOSEN},
    {"rank": 1, "surprisal": 0.1, "entropy": 0.3},
]
"""The tokens 3 to 7, after a prompt of two."""


@pytest.fixture
def jumping(bed: Bed) -> Jumping:
    """Jumps in a branch of five drawn tokens, with the cursor after the prompt."""
    reachability = Reachability(bed.explorer)
    made = Jumping(bed.explorer, Navigation(bed.explorer, Finding(bed.explorer)), reachability)
    bed.engine.story.add([node(3 + at, 2 + at, 20 + at, **numbers) for at, numbers in enumerate(TOKENS)])
    bed.explorer.go(bed.state.visit(bed.engine.story, 7))
    bed.explorer.go(bed.state.move(2))
    return made


def path_of(jump, bed: Bed) -> list[int]:
    """The cursors after one jump after the other, until there is none."""
    found = []
    for _ in range(9):
        before = bed.state.cursor
        jump()
        if bed.state.cursor == before:
            break
        found.append(bed.state.cursor)
    return found


@pytest.mark.parametrize(
    ("jump", "cursors", "nothing"),
    [
        ("next_surprise", [5], "No token after this one has more than 4 bits."),
        ("next_uncertain", [4, 5], "No step after this one has an entropy of more than 4 bits."),
        ("next_not_top", [3, 5], "Every token after this one is the best candidate of its step."),
    ],
)
def test_the_cursor_goes_before_each_such_token_in_turn(bed, jumping, jump, cursors, nothing):
    assert path_of(jumping.commands()[jump], bed) == cursors
    assert bed.message == nothing


def test_a_token_at_the_cursor_counts_as_passed(bed, jumping):
    bed.explorer.go(bed.state.move(5))
    jumping.next_not_top()
    assert bed.state.cursor == 5
    jumping.previous_surprise()
    assert bed.message == "No token before this one has more than 4 bits."
    bed.explorer.go(bed.state.move(6))
    jumping.previous_surprise()
    assert bed.state.cursor == 5


def test_prompt_tokens_of_which_nothing_is_known_are_passed_over(bed):
    jumping = Jumping(bed.explorer, Navigation(bed.explorer, Finding(bed.explorer)), Reachability(bed.explorer))
    bed.engine.story.add([node(3, 2, 12, How.PROMPT), node(4, 3, 13, How.PROMPT)])
    bed.explorer.go(bed.state.visit(bed.engine.story, 4))
    bed.explorer.go(bed.state.move(1))
    for name in ("next_surprise", "next_uncertain", "next_not_top", "next_unreachable"):
        jumping.commands()[name]()
        assert bed.state.cursor == 1 and bed.message


def test_a_token_of_a_servers_unseen_tail_is_not_the_best(bed, jumping):
    bed.engine.story.add([node(8, 7, 30, How.CHOSEN)])
    bed.explorer.go(bed.state.visit(bed.engine.story, 8))
    bed.explorer.go(bed.state.move(6))
    jumping.next_not_top()
    assert bed.state.cursor == 7
    bed.engine.last("view").then(bed.viewed(slot="find", found=[SimpleNamespace(rank=0)]))
    assert bed.message == "Token 8, ‹t30›: the server does not tell its rank."


def test_what_is_out_of_reach_is_what_the_settings_on_screen_remove(bed, jumping):
    Tuning(bed.explorer).change("top_k", 4)
    jumping.next_unreachable()
    assert bed.message.startswith("Of the tokens after this one that were looked at so far")
    bed.display.rest()
    asked = next(one for one in reversed(bed.engine.all("view")) if one.request.slot == "reach")
    asked.then(bed.viewed(slot="reach", reached={3: "", 4: "top_k", 5: "", 6: "top_k", 7: ""}))
    assert path_of(jumping.next_unreachable, bed) == [3, 5]
    assert bed.message == "These settings remove no token after this one."


def test_what_is_found_is_told_with_the_number_that_made_it_stand_out(bed, jumping):
    jumping.next_uncertain()
    found = bed.engine.last("view")
    found.then(bed.viewed(slot="find", found=[SimpleNamespace(rank=1)]))
    assert bed.message == "Token 5, ‹t22›: 1.0 bits, rank 1; entropy 4.1 bits."
