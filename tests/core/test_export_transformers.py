"""The two transformers formats, read by transformers itself, give the processors and numbers that are in force."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.drawn_settings import LIBRARY, drawn_given
from tui.core.export import generate_call, generation_config
from tui.core.settings import resolve

transformers = pytest.importorskip("transformers")
torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def model():
    config = transformers.GPT2Config(vocab_size=64, n_positions=32, n_embd=8, n_layer=1, n_head=1)
    return transformers.GPT2LMHeadModel(config)


def processors(model, config, **keywords):
    """The processors generate() would apply, as (class, numbers), by its own resolution of defaults."""
    resolved, _ = model._prepare_generation_config(config, **keywords)
    found = model._get_logits_processor(resolved, input_ids_seq_length=1, device="cpu")
    plain = (int, float, bool, torch.Tensor)
    return [
        (type(each).__name__, {name: float(value) for name, value in vars(each).items() if isinstance(value, plain)})
        for each in found
    ]


def expected(model, given_):
    """The processors generate() applies when it gets only what the person gave, and do_sample."""
    return processors(model, None, **{"do_sample": True, "max_new_tokens": 128} | given_)


def with_own_config(model, entries):
    model.generation_config = transformers.GenerationConfig(**entries)
    return model


MODEL_CONFIGS = st.sampled_from(
    [
        {},
        {"temperature": 0.6, "top_p": 0.9},
        {"top_k": 20, "repetition_penalty": 1.1},
        {"min_p": 0.05, "typical_p": 0.9},
    ]
)
CAREFULLY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_transformers_still_applies_50_where_nothing_is_said(model):
    assert ("TopKLogitsWarper", {"top_k": 50.0}) in [
        (name, {"top_k": n.get("top_k")}) for name, n in expected(model, {})
    ]


@CAREFULLY
@given(given_=drawn_given(), own=MODEL_CONFIGS)
def test_the_copied_call_samples_as_the_settings_in_force(model, given_, own):
    with_own_config(model, own)
    copied = generate_call(resolve(given_, own, LIBRARY), 42).values
    assert said_by(processors(model, None, **copied)) == said_by(expected(model, given_))


@CAREFULLY
@given(given_=drawn_given(), own=MODEL_CONFIGS)
def test_the_copied_file_samples_as_the_settings_in_force(model, given_, own):
    with_own_config(model, own)
    wanted = said_by(expected(model, given_))
    text = generation_config(resolve(given_, own, LIBRARY), 42).text
    with_own_config(model, json.loads(text))
    assert said_by(processors(model, None)) == wanted


@CAREFULLY
@given(given_=drawn_given())
def test_the_file_survives_transformers_reading_it(given_):
    values = generation_config(resolve(given_, {}, LIBRARY), 42).values
    config = transformers.GenerationConfig(**values)
    assert {name: getattr(config, name) for name in values} == values


def said_by(found):
    """The processors without those that remove nothing: transformers runs some of them and leaves others out."""
    return [(name, numbers) for name, numbers in found if not (name == "MinPLogitsWarper" and numbers["min_p"] == 0)]
