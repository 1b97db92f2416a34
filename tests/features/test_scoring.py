"""A text of the person's own, scored: what the model makes of each of its tokens."""

import msgspec
import pytest

from tests.features.conftest import PROMPT, node
from tui.core.story import How
from tui.explorer.inspecting import PromptInspection
from tui.explorer.prompting import Prompting

KNOWN = [PROMPT[0], msgspec.structs.replace(PROMPT[1], rank=3, surprisal=4.0)]


@pytest.fixture
def prompting(bed):
    return Prompting(bed.explorer)


@pytest.fixture
def inspection(bed, prompting):
    return PromptInspection(bed.explorer, prompting)


def read(bed, prompting, text="the herd"):
    prompting.text = text
    prompting.submit()
    bed.engine.last("prompt").then(bed.prompted())


def scores(bed):
    return [asked for asked in bed.engine.all("view") if asked.request.score]


def test_a_text_that_was_read_is_scored_in_place(bed, prompting, inspection):
    read(bed, prompting)
    inspection.score()
    [asked] = scores(bed)
    asked.then(bed.viewed(slot="prompt", scored=KNOWN))
    assert bed.explorer.picture.branch[1].surprisal == 4.0
    assert bed.message.startswith("Scored by one forward: 1 × 4.00 bits, perplexity 16.0. L lists them")
    assert bed.state.cursor == 2


def test_an_edited_text_is_submitted_first_and_scored_when_it_is_read(bed, prompting, inspection):
    prompting.text = "the herd"
    inspection.score()
    assert not scores(bed)
    bed.engine.last("prompt").then(bed.prompted())
    assert len(scores(bed)) == 1


def test_a_text_submitted_after_a_refused_one_is_not_scored_unasked(bed, prompting, inspection):
    prompting.text = "too long"
    inspection.score()
    bed.engine.last("prompt").refuse("The prompt has 90 tokens.")
    read(bed, prompting)
    assert not scores(bed)


def test_a_text_with_its_numbers_is_not_asked_about_twice(bed, prompting, inspection):
    read(bed, prompting)
    inspection.score()
    scores(bed)[0].then(bed.viewed(slot="prompt", scored=KNOWN))
    bed.explorer.say("")
    inspection.score()
    assert len(scores(bed)) == 1 and "4.00 bits" in bed.message


def test_after_scoring_the_settings_are_asked_which_tokens_they_could_have_drawn(bed, prompting, inspection):
    asked_at_rest = []
    bed.explorer.at_rest.append(lambda: asked_at_rest.append(bed.explorer.picture.branch[1].surprisal))
    read(bed, prompting)
    bed.display.rest()
    inspection.score()
    scores(bed)[0].then(bed.viewed(slot="prompt", scored=KNOWN))
    bed.display.rest()
    assert asked_at_rest[-1] == 4.0


def test_a_text_that_begins_as_a_scored_one_is_scored_whole(bed, prompting, inspection):
    read(bed, prompting)
    inspection.score()
    scores(bed)[0].then(bed.viewed(slot="prompt", scored=KNOWN))
    longer = node(3, 2, 12, How.PROMPT)
    bed.engine.story.add([longer])
    bed.explorer.go(bed.state.prompted([*PROMPT, longer]))
    inspection.score()
    assert len(scores(bed)) == 2 and scores(bed)[1].request.at == 3
    scores(bed)[1].then(bed.viewed(slot="prompt", scored=[*KNOWN, msgspec.structs.replace(longer, surprisal=2.0)]))
    assert "2 × 3.00 bits" in bed.message
