"""The explorer and its smaller features: views, rest, finding, navigation, tuning, reachability."""

import msgspec
import pytest

from tests.features.conftest import Bed, node
from tui.core.story import How
from tui.errors import RunError
from tui.explorer.finding import Finding
from tui.explorer.inspecting import PromptInspection
from tui.explorer.navigation import Navigation
from tui.explorer.prompting import Prompting
from tui.explorer.reachability import Reachability
from tui.explorer.tuning import Tuning
from tui.protocol import Candidate


def branch(bed, *tokens):
    for token in tokens:
        number = len(bed.engine.story) + 1
        bed.engine.story.add([node(number, number - 1, token, given={"top_p": 0.5})])
    bed.explorer.go(bed.state.visit(bed.engine.story, len(bed.engine.story)))
    return bed


def test_what_moves_is_asked_roughly_and_what_rests_exactly(bed):
    Tuning(bed.explorer).change("top_p", 0.9)
    assert not bed.engine.last("view").request.exact
    bed.answer(exact=False)
    bed.display.rest()
    assert bed.engine.last("view").request.exact


def test_at_rest_nothing_is_asked_that_is_known(bed):
    Tuning(bed.explorer).off("top_k")
    bed.answer(exact=True)
    views = len(bed.engine.all("view"))
    bed.display.rest()
    assert len(bed.engine.all("view")) == views


def test_an_answer_for_another_place_is_not_shown(bed):
    shown = bed.explorer.picture.viewed
    late = bed.viewed(at=1)
    bed.engine.last("view").then(late)
    assert bed.explorer.picture.viewed is shown


def test_what_cannot_be_viewed_is_said_where_it_would_stand(bed):
    Tuning(bed.explorer).change("temperature", 1e-38)
    bed.engine.last("view").refuse("Scores overflow.", "run")
    assert (bed.explorer.picture.viewed, bed.explorer.picture.placeholder) == (None, "Scores overflow.")


def test_what_was_said_goes_with_what_it_was_about(bed):
    bed.explorer.say("hello")
    Tuning(bed.explorer).seed(7)
    assert bed.message == ""


def test_presets_greedy_and_reset_are_commands(bed):
    commands = Tuning(bed.explorer).commands()
    commands["preset_4"]()
    assert bed.state.given == {"top_p": 0.9, "max_new_tokens": 126}  # 128 with the prompt of two tokens
    commands["greedy"]()
    assert bed.state.greedy
    commands["reset"]()
    assert bed.state.given == {}
    commands["draws"]()
    assert bed.state.draws == 1000


@pytest.mark.parametrize(
    ("kept", "said"),
    [(87, "87 kept instead of 3"), (3, "3 kept, as many as before"), (0, "how many are kept is not decided here")],
)
def test_switching_the_order_says_what_it_changes_here_once_that_is_known(bed, kept, said):
    tuning = Tuning(bed.explorer)
    tuning.order()
    assert (bed.state.given, bed.message) == ({"order": "llama.cpp"}, "llama.cpp's order.")
    assert bed.engine.all("view")[-2].request.given == bed.state.given
    bed.answer(slot="order", kept=kept)
    assert bed.message == f"llama.cpp's order: {said}."
    assert bed.explorer.picture.viewed.slot == "main"
    tuning.order()
    assert (bed.state.given, bed.message) == ({}, "Transformers' order.")


def test_an_answer_about_an_order_that_is_no_longer_in_force_says_nothing(bed):
    tuning = Tuning(bed.explorer)
    tuning.order()
    late, answer = bed.viewed(slot="order", kept=87), bed.engine.last("view").then
    tuning.order()
    answer(late)
    assert bed.message == "Transformers' order."


def test_any_other_order_is_switched_to_transformers(bed):
    bed.explorer.go(bed.state.change({"order": "top_p,top_k"}))
    Tuning(bed.explorer).order()
    assert bed.state.given == {}


def test_the_order_stays_when_all_parameters_are_set_at_once(bed):
    tuning = Tuning(bed.explorer)
    tuning.order()
    tuning.replace_given({"top_k": 5})
    assert bed.state.given == {"top_k": 5, "order": "llama.cpp"}


def test_all_parameters_at_once_with_the_seed(bed):
    Tuning(bed.explorer).replace_given({"top_k": 5, "seed": 9})
    assert (bed.state.given, bed.state.seed) == ({"top_k": 5}, 9)


def test_moves_along_the_branch_ask_for_views_only(bed):
    branch(bed, 20, 21, 22)
    navigation = Navigation(bed.explorer, Finding(bed.explorer))
    for command, cursor in (("back", 4), ("back", 3), ("forward", 4), ("start", 2), ("end", 5)):
        navigation.commands()[command]()
        assert bed.state.cursor == cursor
    assert {kind for kind, _ in bed.engine.asked} == {"view"}


def test_jumping_says_what_is_wrong_with_a_number(bed):
    navigation = Navigation(branch(bed, 20, 21).explorer, Finding(bed.explorer))
    assert navigation.jump("3") == ""
    assert bed.state.cursor == 3
    assert navigation.jump("9") == "There is no token 9; the branch has 4."


def test_inside_the_prompt_the_model_is_asked_once_what_it_makes_of_it(bed):
    PromptInspection(bed.explorer, Prompting(bed.explorer))
    navigation = Navigation(bed.explorer, Finding(bed.explorer))
    navigation.visit(1)
    asked = bed.engine.last("view")
    assert (bed.state.cursor, asked.request.score, asked.request.at) == (1, True, 2)
    rated = msgspec.structs.replace(bed.engine.story[2], rank=3, surprisal=4.5)
    asked.then(bed.viewed(at=2, slot="prompt", scored=[rated]))
    assert [node.rank for node in bed.explorer.picture.branch][:2] == [0, 3]
    assert "one forward over all of it" in bed.message
    count = len(bed.engine.all("view"))
    navigation.end()
    navigation.visit(1)
    assert [asked.request.score for asked in bed.engine.all("view")[count:]] == [False, False]


def test_one_branch_only_is_said(bed):
    Navigation(bed.explorer, Finding(bed.explorer)).branch()
    assert "one branch only" in bed.message


def test_whoever_looks_for_a_token_gets_the_answer(bed):
    found = []
    finding = Finding(bed.explorer)
    finding.find("the", found.append)
    view = bed.engine.last("view")
    assert (view.request.slot, view.request.find) == ("find", "the")
    view.then(bed.viewed(slot="find", found=["a row"]))
    assert found == [["a row"]]


def test_the_token_the_branch_goes_on_with_is_revealed_where_it_still_is(bed):
    branch(bed, 20)
    bed.explorer.go(bed.state.back(bed.engine.story))
    Finding(bed.explorer).followed()
    asked = bed.engine.last("view")
    assert asked.request.find == "#20"
    late = bed.viewed(found=["a row"])
    bed.explorer.go(bed.state.with_seed(1))
    asked.then(late)
    assert bed.display.revealed == []
    Finding(bed.explorer).followed()
    found = Candidate(4, 20, b" herd", False, 1.0, 0.1, 0.1, 0.1, 0.5, "")
    bed.engine.last("view").then(bed.viewed(found=[found]))
    assert bed.display.revealed == [found]
    assert bed.message == "The branch goes on with ‹·herd›, rank 4."


def reach_views(bed):
    return [asked for asked in bed.engine.all("view") if asked.request.slot == "reach"]


def test_reachability_is_asked_at_rest_until_an_answer_brings_nothing_new(bed):
    Reachability(bed.explorer)
    branch(bed, 20, 21)
    bed.display.rest()
    (asked,) = reach_views(bed)
    assert asked.request.reach == [4, 3]
    asked.then(bed.viewed(slot="reach", reached={4: "top_p"}))
    assert bed.explorer.picture.unreachable == {4: "top_p"}
    assert reach_views(bed)[-1].request.reach == [3]
    reach_views(bed)[-1].then(bed.viewed(slot="reach", reached={}))
    assert len(reach_views(bed)) == 2


def test_marks_go_with_the_settings_and_an_answer_about_others_brings_none(bed):
    Reachability(bed.explorer)
    branch(bed, 20)
    bed.display.rest()
    (asked,) = reach_views(bed)
    old = bed.viewed(slot="reach", reached={3: "top_k"})
    asked.then(old)
    assert bed.explorer.picture.unreachable
    Tuning(bed.explorer).off("top_k")
    assert bed.explorer.picture.unreachable == {}
    asked.then(old)
    assert bed.explorer.picture.unreachable == {}


def test_a_prompt_s_tokens_are_never_out_of_reach(bed):
    Reachability(bed.explorer)
    bed.display.rest()
    assert reach_views(bed) == []
    assert all(one.how is How.PROMPT for one in bed.explorer.picture.branch)


def test_before_a_model_is_open_nothing_is_viewed():
    bed = Bed()
    bed.explorer.request_view()
    bed.display.rest()
    assert bed.engine.asked == []


def test_a_refusal_is_told_in_the_explorers_own_words(bed):
    error = RunError("3 logits are not finite.", "Try {--dtype float32}, or {--greedy}.")
    assert bed.explorer.words(error) == "3 logits are not finite. Try the start option dtype float32, or greedy (g)."
    bed.explorer.request_view()
    bed.engine.last("view").refuse("The model's forward failed: no \x1b[31mkernel.", "run")
    assert bed.explorer.picture.placeholder == "The model's forward failed: no ␛[31mkernel."


def test_a_preset_s_runs_end_where_the_post_s_ended_also_after_another_prompt(bed):
    tuning = Tuning(bed.explorer)
    tuning.commands()["preset_2"]()
    assert bed.state.given["max_new_tokens"] == 126
    bed.engine.story.add([node(7, 0, 9, How.PROMPT)])
    bed.explorer.go(bed.state.prompted([bed.engine.story[7]]))
    assert bed.state.given["max_new_tokens"] == 127
    tuning.reset()
    assert bed.state.given == {}


def test_a_length_of_one_s_own_is_kept_by_presets_and_reset(bed):
    tuning = Tuning(bed.explorer)
    tuning.change("max_new_tokens", 60)
    tuning.commands()["preset_2"]()
    assert bed.state.given["max_new_tokens"] == 60
    tuning.reset()
    assert bed.state.given == {"max_new_tokens": 60}
    assert bed.message.endswith("max new tokens 60.")


def test_a_move_that_is_not_possible_says_why(bed):
    branch(bed, 20)
    navigation = Navigation(bed.explorer, Finding(bed.explorer))
    for command in ("forward", "end"):
        bed.explorer.do(navigation.commands()[command])
        assert "end" in bed.message
    navigation.start()
    bed.explorer.do(navigation.start)
    assert bed.message == "The cursor is after the prompt already."
    navigation.back()
    bed.explorer.do(navigation.back)
    assert bed.message == "The cursor is after the first token."


def test_a_message_goes_with_the_next_action_unless_that_says_the_same(bed):
    navigation = Navigation(bed.explorer, Finding(bed.explorer))
    bed.explorer.do(navigation.branch)
    bed.explorer.do(navigation.branch)
    assert "one branch only" in bed.message
    bed.explorer.do(lambda: None)
    assert bed.message == ""
