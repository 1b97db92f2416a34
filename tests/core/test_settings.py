"""Each parameter has a value and a source; a value out of range is refused with a sentence."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.settings import OFF, Setting, Source, normalise, resolve, validate
from tui.core.stages import PARAMETERS, SEED
from tui.errors import InputError

LIBRARY = {
    "repetition_penalty": 1.0,
    "no_repeat_ngram_size": 0,
    "temperature": 1.0,
    "top_k": 50,
    "top_p": 1.0,
    "typical_p": 1.0,
    "epsilon_cutoff": 0.0,
    "eta_cutoff": 0.0,
}
"""transformers' own defaults; a parameter that is not listed is None."""


@pytest.mark.parametrize(
    ("given_", "model", "name", "value", "source"),
    [
        ({}, {}, "top_k", 50, Source.TRANSFORMERS),
        ({}, {"top_k": 20}, "top_k", 20, Source.MODEL),
        ({"top_k": 0}, {"top_k": 20}, "top_k", 0, Source.YOU),
        ({"top_k": None}, {"top_k": 20}, "top_k", None, Source.YOU),
        ({"top_p": 0.9}, {}, "top_k", 50, Source.TRANSFORMERS),
        ({}, {"top_k": None}, "top_k", 50, Source.TRANSFORMERS),
        ({}, {}, "min_p", None, Source.TRANSFORMERS),
        ({}, {}, "do_sample", True, Source.SAMPLESCOPE),
        ({"do_sample": False}, {}, "do_sample", False, Source.YOU),
        ({}, {}, "max_new_tokens", 128, Source.SAMPLESCOPE),
        ({"max_new_tokens": 7}, {}, "max_new_tokens", 7, Source.YOU),
    ],
)
def test_who_decides_a_value(given_, model, name, value, source):
    assert resolve(given_, model, LIBRARY)[name] == Setting(value, source)


def test_every_parameter_is_resolved_and_in_the_order_it_is_applied():
    assert list(resolve({}, {}, LIBRARY)) == [*PARAMETERS, "do_sample", "max_new_tokens", "order"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 0.001),
        ("temperature", 2),
        ("top_k", 0),
        ("top_k", 10**9),
        ("top_k", 50.0),
        ("top_k", None),
        ("top_p", 1),
        ("top_p", 1e-9),
        ("min_p", 0),
        ("min_p", 1.0),
        ("min_p", None),
        ("top_h", 1.0),
        ("top_h", None),
        ("typical_p", 0.5),
        ("epsilon_cutoff", 0),
        ("eta_cutoff", 0.999),
        ("repetition_penalty", 1.3),
        ("no_repeat_ngram_size", 3),
        ("max_new_tokens", 1),
        ("do_sample", False),
    ],
)
def test_values_in_range_are_accepted(name, value):
    validate({name: value})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "temperature",
            0,
            "--temperature must be above 0, not 0. For the most probable token every time use --greedy.",
        ),
        ("temperature", -1.0, "--temperature must be above 0"),
        ("temperature", math.inf, "--temperature must be above 0"),
        ("temperature", math.nan, "--temperature must be above 0"),
        ("temperature", 10**400, "--temperature must be above 0"),
        ("temperature", None, "--temperature must be above 0"),
        ("temperature", True, "--temperature must be above 0"),
        ("temperature", "1", "--temperature must be above 0"),
        ("top_k", -1, "--top-k must be a whole number, 0 or more, not -1."),
        ("top_k", 2.5, "--top-k must be a whole number"),
        ("top_k", math.nan, "--top-k must be a whole number"),
        ("top_k", 10**400, "--top-k must be a whole number"),
        ("top_p", 0, "--top-p must be above 0 and at most 1, not 0."),
        ("top_p", 1.0001, "--top-p must be above 0 and at most 1"),
        ("min_p", -0.1, "--min-p must be 0 or more and at most 1"),
        ("typical_p", 0, "--typical-p must be above 0"),
        ("top_h", 0, "--top-h must be above 0"),
        ("epsilon_cutoff", 1, "--epsilon-cutoff must be 0 or more and below 1"),
        ("eta_cutoff", 1.0, "--eta-cutoff must be 0 or more and below 1"),
        ("repetition_penalty", 0, "--repetition-penalty must be above 0"),
        ("no_repeat_ngram_size", 1.5, "--no-repeat-ngram-size must be a whole number"),
        ("max_new_tokens", 0, "--max-new-tokens must be a whole number, 1 or more"),
        ("do_sample", 1, "do_sample must be true or false"),
        ("top_q", 1, "There is no parameter 'top_q'. Known: "),
    ],
)
def test_values_out_of_range_are_refused_in_words(name, value, said):
    with pytest.raises(InputError) as caught:
        validate({name: value})
    assert str(caught.value).startswith(said)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("value", "fits"), [(0, True), (2**64 - 1, True), (-(2**63), True), (2**64, False), (1.5, False)]
)
def test_a_seed_is_what_torch_takes(value, fits):
    if fits:
        SEED.check(value)
    else:
        with pytest.raises(InputError, match="at most 18446744073709551615"):
            SEED.check(value)


def test_normalising_gives_the_types_transformers_wants():
    typed = normalise({"temperature": 2, "top_k": 50.0, "top_p": 1, "min_p": None, "do_sample": False})
    assert typed == {"temperature": 2.0, "top_k": 50, "top_p": 1.0, "min_p": None, "do_sample": False}
    assert [type(value) for value in typed.values()] == [float, int, float, type(None), bool]


@pytest.mark.parametrize("name", PARAMETERS)
def test_off_is_in_range_and_off(name):
    validate({name: OFF[name]})
    assert PARAMETERS[name].is_off(OFF[name])


@pytest.mark.parametrize(
    ("name", "value", "off"),
    [
        ("temperature", 1.0, True),
        ("temperature", 0.99, False),
        ("top_k", 0, True),
        ("top_k", None, True),
        ("top_k", 1, False),
        ("top_p", 1.0, True),
        ("top_p", 0.999, False),
        ("min_p", None, True),
        ("min_p", 0.0, False),  # transformers runs it, and it removes nothing
        ("typical_p", 0.99, False),
        ("epsilon_cutoff", 0.0, True),
        ("eta_cutoff", 0.0001, False),
        ("top_h", 1.0, False),
        ("repetition_penalty", 1.0, True),
        ("no_repeat_ngram_size", 0, True),
    ],
)
def test_what_counts_as_off(name, value, off):
    assert PARAMETERS[name].is_off(value) is off


NUMBERS = st.none() | st.booleans() | st.integers() | st.floats()


@given(st.dictionaries(st.sampled_from([*PARAMETERS, "do_sample", "max_new_tokens"]), NUMBERS))
def test_any_numbers_are_either_refused_or_normalised_for_good(given_):
    try:
        typed = normalise(given_)
    except InputError:
        return
    assert normalise(typed) == typed
    assert typed == given_
