"""The presets are the post's own runs, to the character."""

import pytest

from tui.core.presets import PRESETS, UNICORNS
from tui.core.settings import normalise


def test_the_prompt_is_the_posts():
    # The prompt as the post writes it, with its escapes.
    assert (
        UNICORNS
        == """In a shocking finding, scientist discovered \
a herd of unicorns living in a remote, previously unexplored \
valley, in the Andes Mountains. Even more surprising to the \
researchers was the fact that the unicorns spoke perfect English.\n\n
"""
    )


def test_the_four_settings_are_the_posts():
    assert [preset.given for preset in PRESETS] == [
        {"temperature": 2.0, "top_k": 0},
        {"temperature": 0.5, "top_k": 0},
        {"top_k": 50},
        {"top_p": 0.90},
    ]


def test_names_and_keys_are_distinct():
    assert len({preset.name for preset in PRESETS}) == len({preset.key for preset in PRESETS}) == 4


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_each_is_in_range_and_ends_where_the_post_ended(preset):
    assert normalise(preset.given) == preset.given
    assert [preset.new_tokens(prompt) for prompt in (61, 127, 128, 200)] == [67, 1, None, None]


def test_the_last_one_says_what_transformers_adds():
    assert "transformers' own top-k 50" in PRESETS[-1].brief
