"""A story from elsewhere is taken only by the model that it is of."""

import msgspec
import pytest

from tests.engine.walking import start, tokens, walk
from tests.fake_model import fake_model, opened
from tui.errors import ModelError
from tui.protocol import Open


@pytest.fixture
def story():
    """A prompt, and five drawn tokens."""
    engine, home = start("ab")
    walk(engine, home, count=5)
    return list(engine.story)


def taken(story, vocabulary=None):
    return opened(fake_model(), Open(story=story, story_vocabulary=vocabulary))[0]


def test_it_goes_on_from_any_node_as_without_a_break(story):
    whole, home = start("ab")
    nodes, _ = walk(whole, home, count=9)
    again = taken(story, 28)
    assert [node.id for node in again.story] == [node.id for node in story]
    more, _ = walk(again, story[-1].id, count=4)
    assert tokens(nodes) == tokens(story[2:]) + tokens(more)


def test_a_model_with_another_vocabulary_is_refused(story):
    with pytest.raises(ModelError, match="drawn from 30 tokens, and this model has 28") as failed:
        taken(story, 30)
    assert "--resume" in str(failed.value)


def test_a_token_that_is_another_one_now_is_refused(story):
    other = [msgspec.structs.replace(node, piece=b"\x1b") if node is story[3] else node for node in story]
    with pytest.raises(ModelError, match="is '␛', and this model's is") as failed:
        taken(other)
    assert str(failed.value).isprintable()


def test_a_token_that_the_model_lacks_is_refused(story):
    with pytest.raises(ModelError, match="a token 99, and this model has none"):
        taken([*story[:-1], msgspec.structs.replace(story[-1], token=99)])
