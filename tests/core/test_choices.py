"""Settings to compare, as they are typed; and one clear line for what cannot be compared."""

import pytest

from tui.core.choices import choices, parse
from tui.core.presets import PRESETS
from tui.core.settings import Setting, Source, resolve
from tui.errors import InputError


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("temperature=2,top_k=0", {"temperature": 2.0, "top_k": 0}),
        (" top-p = 0.9 , --min-p=.1", {"top_p": 0.9, "min_p": 0.1}),
        ("top_k=5e1", {"top_k": 50.0}),
        ("greedy", {"do_sample": False}),
        ("greedy=false,top_k=3", {"do_sample": True, "top_k": 3}),
        ("do_sample=true", {"do_sample": True}),
        ("order=llama.cpp,top_p=0.9", {"order": "llama.cpp", "top_p": 0.9}),
        ("top_k=5,order=top_p,top_k", {"top_k": 5, "order": "top_p,top_k"}),
        ("order=top_p, top_k,greedy,top_k=5", {"order": "top_p,top_k", "do_sample": False, "top_k": 5}),
    ],
)
def test_settings_are_read(text, given):
    assert parse(text) == given


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "takes names and values such as temperature=2,top_k=0, not ''. Known: repetition_penalty"),
        ("warmth=2", "not 'warmth=2'. Known: .*temperature.*greedy, order"),
        ("temperature", "not 'temperature'"),
        ("temperature=2,", "not ''"),
        ("temperature=hot", "temperature must be a number, not 'hot'"),
        ("greedy=perhaps", "do_sample must be true or false, not 'perhaps'"),
        ("top_k=inf", "--top-k must be a whole number, 0 or more, not inf"),
        ("top_p=0.5,top-p=0.6", "gives top_p twice"),
        ("max_new_tokens=5", "Give --continue instead"),
        ("order=top_p,topk", "no stage 'topk'"),
        ("temperature=0", "--temperature must be above 0"),
        ("top_k=2.5", "--top-k must be a whole number"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(text, said):
    with pytest.raises(InputError, match=said) as refused:
        choices([text], presets=False, base={})
    assert "\n" not in str(refused.value)


def test_none_and_more_than_four_are_refused():
    with pytest.raises(InputError, match="nothing to compare"):
        choices([], presets=False, base={})
    with pytest.raises(InputError, match="Up to 4 settings can be compared, not 5"):
        choices(["top_k=1"] * 5, presets=False, base={})
    with pytest.raises(InputError, match="Up to 4 settings can be compared, not 5"):
        choices(["top_k=1"], presets=True, base={})


def test_each_stands_on_what_is_given_for_all():
    one, other = choices(["top_k=3", "temperature=2"], presets=False, base={"temperature": 0.5})
    assert one.given == {"temperature": 0.5, "top_k": 3}
    assert other.given == {"temperature": 2.0}


def test_the_posts_four_say_that_a_preset_set_them():
    chosen = choices([], presets=True, base={})
    assert [choice.given for choice in chosen] == [preset.given for preset in PRESETS]
    sourced = chosen[3].sourced(resolve(chosen[3].given, {}, {"top_k": 50}))
    assert sourced["top_p"] == Setting(0.9, Source.PRESET)
    assert sourced["top_k"] == Setting(50, Source.TRANSFORMERS)
