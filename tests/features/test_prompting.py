"""Prompts: submitted, overtaken, refused, given up, through the chat template."""

import pytest

from tests.features.conftest import Bed, node
from tui.core.story import How
from tui.explorer.engine import WrittenPrompt
from tui.explorer.prompting import Prompting
from tui.explorer.status import EngineStatus
from tui.protocol import Prompted


@pytest.fixture
def prompting(bed):
    return Prompting(bed.explorer)


def submit(prompting, text):
    prompting.text = text
    prompting.submit()


def test_a_prompt_is_sent_and_gone_to(bed, prompting):
    submit(prompting, "the herd")
    assert bed.engine.last("prompt").request == WrittenPrompt("the herd")
    assert (bed.state.status, bed.explorer.picture.submitted) == (EngineStatus.PROMPT, "the herd")
    bed.engine.last("prompt").then(bed.prompted())
    assert (bed.state.cursor, bed.state.status, prompting.waiting) == (2, EngineStatus.IDLE, False)


def test_of_two_prompts_only_the_second_is_gone_to(bed, prompting):
    submit(prompting, "one")
    submit(prompting, "one")
    first, second = bed.engine.all("prompt")
    assert bed.engine.stops == 1
    first.then(bed.prompted())
    assert bed.state.status is EngineStatus.PROMPT
    second.then(bed.prompted())
    assert bed.state.status is EngineStatus.IDLE


def test_a_refused_prompt_leaves_the_cursor_and_says_why(bed, prompting):
    submit(prompting, "too long")
    bed.engine.last("prompt").refuse("The prompt has 90 tokens.")
    assert (bed.state.cursor, bed.state.status) == (2, EngineStatus.IDLE)
    assert bed.display.alerts == ["The prompt has 90 tokens."]
    assert bed.explorer.picture.submitted is None


def test_after_a_refused_prompt_the_one_read_before_counts_as_submitted(bed, prompting):
    submit(prompting, "the herd")
    bed.engine.last("prompt").then(bed.prompted())
    submit(prompting, "too long")
    bed.engine.last("prompt").refuse("The prompt has 90 tokens.")
    assert bed.explorer.picture.submitted == "the herd"
    submit(prompting, "slow")
    assert bed.explorer.stop() and bed.explorer.picture.submitted == "the herd"


def test_a_prompt_that_was_given_up_is_not_gone_to(bed, prompting):
    submit(prompting, "slow")
    assert bed.explorer.stop()
    assert (bed.engine.stops, bed.message) == (1, "The prompt was given up.")
    cursor = bed.state.cursor
    bed.engine.last("prompt").then(bed.prompted())
    assert (bed.state.cursor, bed.explorer.stop()) == (cursor, False)


def test_without_a_model_a_prompt_waits():
    bed = Bed()
    prompting = Prompting(bed.explorer)
    submit(prompting, "soon")
    assert (bed.engine.asked, prompting.waiting) == ([], True)
    assert "as soon as it is ready" in bed.message
    bed.explorer.begin(EngineStatus.IDLE)
    prompting.send()
    assert bed.engine.last("prompt").request.text == "soon"


def test_what_the_model_does_not_get_is_said_with_its_first_prompt(bed, prompting):
    prompting.notes = ["num_beams 4: overridden"]
    for _ in range(2):
        submit(prompting, "x")
        bed.engine.last("prompt").then(bed.prompted())
    messages = [picture.message for picture in bed.display.pictures]
    assert "num_beams 4: overridden" in messages
    assert bed.message == ""


def test_chat_needs_a_template(bed, prompting):
    prompting.switch_chat()
    assert (bed.message, bed.engine.all("prompt")) == ("This model has no chat template.", [])
    bed.opened(chat=True)
    prompting.switch_chat()
    assert bed.engine.last("prompt").request.chat
    assert prompting.use_system("Be brief.") == ""
    assert bed.engine.last("prompt").request.system == "Be brief."


def test_a_system_prompt_without_a_template_is_refused_in_its_dialog(bed, prompting):
    assert prompting.use_system("Be brief.") == "This model has no chat template."
    assert prompting.system == ""


def test_the_length_is_asked_for_what_is_written(bed, prompting):
    counted = []
    prompting.text = "not submitted"
    prompting.count(counted.append)
    assert bed.engine.last("count").request.text == "not submitted"
    bed.engine.last("count").then(5)
    assert counted == [5]


def test_what_is_odd_about_a_prompt_is_said_with_the_key_that_changes_it(bed, prompting):
    submit(prompting, "x")
    bed.engine.last("prompt").then(bed.prompted(notes=["the tokenizer ends the prompt with {end}"]))
    assert bed.message.startswith("the tokenizer ends the prompt with {end} · B adds no special tokens")


def test_special_tokens_are_switched_and_the_prompt_read_again(bed, prompting):
    submit(prompting, "x")
    for added in (False, True):
        prompting.switch_special_tokens()
        assert bed.engine.last("prompt").request == WrittenPrompt("x", add_special_tokens=added)
        assert bed.explorer.picture.add_special_tokens is added


def test_a_chat_templates_special_tokens_are_its_own(bed, prompting):
    bed.opened(chat=True)
    prompting.switch_chat()
    asked = len(bed.engine.all("prompt"))
    prompting.switch_special_tokens()
    assert len(bed.engine.all("prompt")) == asked
    assert bed.message == "The chat template writes its special tokens itself; C switches it off."


def test_on_a_branch_of_another_prompt_that_prompt_is_shown_unless_another_is_being_written(bed):
    prompting, shown = Prompting(bed.explorer), []
    prompting.rewrite = shown.append
    for number, text in ((11, "first"), (15, "second")):
        prompting.text = text
        prompting.submit()
        nodes = [node(number, 0, 30 + number, How.PROMPT)]
        bed.engine.story.add(nodes)
        bed.engine.last("prompt").then(Prompted(id=1, revision=1, nodes=[bed.engine.story[number]]))
    bed.explorer.go(bed.state.visit(bed.engine.story, 11))
    assert (shown, prompting.text, bed.explorer.picture.submitted) == (["first"], "first", "first")
    prompting.text = "being written"
    bed.explorer.go(bed.state.visit(bed.engine.story, 15))
    assert shown == ["first"] and prompting.text == "being written"
