"""Settings exported to another program give what is in force, override its defaults, and name what is lost."""

import ast
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.drawn_settings import LIBRARY, drawn_given
from tui.core.export import FORMATS, generate_call, generation_config, llama_request, vllm_request
from tui.core.settings import Setting, Source, resolve
from tui.core.stages import PARAMETERS


def in_force(given_=(), model=()):
    return resolve(dict(given_), dict(model), LIBRARY)


def keywords(text):
    """The keyword arguments of the `generate` call in a piece of Python."""
    call = ast.parse(text).body[-1].value
    return {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg}


def test_nothing_given_still_says_that_transformers_keeps_50():
    assert generate_call(in_force(), 42).values == {"do_sample": True, "top_k": 50, "max_new_tokens": 128}


def test_generate_is_told_that_the_model_keeps_all():
    assert generate_call(in_force(model={"top_k": 0}), 42).values["top_k"] == 0


def test_generate_gets_what_was_given_and_the_seed_before_it():
    exported = generate_call(in_force({"temperature": 2.0, "top_k": 0}), 7)
    assert exported.text == (
        "torch.manual_seed(7)\n"
        "output = model.generate(\n"
        "    **inputs,\n"
        "    do_sample=True,\n"
        "    temperature=2.0,\n"
        "    top_k=0,\n"
        "    max_new_tokens=128,\n"
        ")\n"
    )


def test_generate_is_told_off_where_the_model_says_otherwise():
    said = generate_call(in_force({"temperature": 1.0, "min_p": None}, {"temperature": 0.6, "min_p": 0.1}), 1).values
    assert said["temperature"] == 1.0
    assert said["min_p"] is None


def test_the_models_own_settings_are_said_too():
    assert generate_call(in_force(model={"temperature": 0.6, "top_p": 0.9}), 1).values["top_p"] == 0.9


def test_none_is_spelled_as_each_target_spells_none():
    settings = in_force({"top_k": None, "min_p": None})
    assert generate_call(settings, 1).values["top_k"] == 0
    assert generation_config(settings, 1).values["top_k"] == 0
    assert vllm_request(settings, 1).values["top_k"] == 0
    assert llama_request(settings, 1).values["top_k"] == 0
    assert vllm_request(settings, 1).values["min_p"] == llama_request(settings, 1).values["min_p"] == 0.0


def test_generation_config_has_no_place_for_the_seed_and_says_so():
    exported = generation_config(in_force({"top_p": 0.9}), 43)
    assert json.loads(exported.text) == {"do_sample": True, "top_k": 50, "top_p": 0.9, "max_new_tokens": 128}
    assert "43" in exported.notes[0]


def test_vllm_is_told_everything_as_its_server_fills_gaps_from_the_model():
    assert json.loads(vllm_request(in_force({"top_p": 0.9}), 42).text) == {
        "temperature": 1.0,
        "top_k": 50,
        "top_p": 0.9,
        "min_p": 0.0,
        "repetition_penalty": 1.0,
        "max_tokens": 128,
        "seed": 42,
    }


def test_llama_cpp_has_all_its_own_defaults_written_over():
    values = json.loads(llama_request(in_force({"top_k": 0}), 42).text)
    # llama.cpp's defaults: temperature 0.8 (applied last), top_k 40, top_p 0.95, min_p 0.05, penalty over 64 tokens.
    assert [values[name] for name in ("temperature", "top_k", "top_p", "min_p", "typical_p")] == [1.0, 0, 1.0, 0.0, 1.0]
    assert values["repeat_penalty"] == 1.0
    assert values["repeat_last_n"] > 64
    assert values["samplers"].index("temperature") < values["samplers"].index("top_k")
    assert values["n_predict"] == 128


LOST = {"top_h": 0.4, "typical_p": 0.9, "epsilon_cutoff": 0.01, "eta_cutoff": 0.02, "no_repeat_ngram_size": 3}


@pytest.mark.parametrize(
    ("make", "lost"),
    [
        (generate_call, set()),
        (generation_config, set()),
        (
            vllm_request,
            {"no_repeat_ngram_size 3", "top_h 0.4", "typical_p 0.9", "epsilon_cutoff 0.01", "eta_cutoff 0.02"},
        ),
        (llama_request, {"no_repeat_ngram_size 3", "top_h 0.4", "epsilon_cutoff 0.01", "eta_cutoff 0.02"}),
    ],
)
def test_what_a_target_lacks_is_named(make, lost):
    assert set(make(in_force(LOST), 1).lost) == lost
    assert make(in_force(), 1).lost == ()


@pytest.mark.parametrize(
    ("make", "given_", "seed", "said"),
    [
        (vllm_request, {"temperature": 0.005}, 1, "raises a temperature below 0.01"),
        (vllm_request, {"temperature": 3}, 1, "refuses a temperature above 2"),
        (vllm_request, {"min_p": 0.1, "top_p": 0.9}, 1, "min-p before top-p"),
        (llama_request, {"top_k": 5}, 1, "exactly k"),
        (llama_request, {}, -1, "from 0 to 4294967294"),
        (llama_request, {}, 2**32 - 1, "from 0 to 4294967294"),
    ],
)
def test_what_a_target_does_differently_is_said_where_it_matters(make, given_, seed, said):
    assert any(said in note for note in make(in_force(given_), seed).notes)
    assert not any(said in note for note in make(in_force({"top_k": 0}), 1).notes)


def test_greedy_is_spelled_as_each_target_spells_it_and_keeps_the_penalties():
    settings = in_force({"do_sample": False, "temperature": 0.7, "top_p": 0.9, "repetition_penalty": 1.2})
    only = {"do_sample": False, "repetition_penalty": 1.2, "max_new_tokens": 128}
    assert generate_call(settings, 1).values == generation_config(settings, 1).values == only
    assert vllm_request(settings, 1).values["temperature"] == llama_request(settings, 1).values["temperature"] == 0.0
    assert vllm_request(settings, 1).values["top_p"] == 1.0
    assert llama_request(settings, 1).values["repeat_penalty"] == 1.2


def test_a_preset_counts_as_given():
    settings = in_force() | {"top_p": Setting(1.0, Source.PRESET)}
    assert generate_call(settings, 1).values["top_p"] == 1.0


@given(drawn_given(), st.integers(-(2**63), 2**64 - 1))
def test_the_text_says_the_values_and_every_parameter_is_somewhere(given_, seed):
    settings = in_force(given_)
    call = generate_call(settings, seed)
    assert keywords(call.text) == call.values
    for make in (generation_config, vllm_request, llama_request):
        exported = make(settings, seed)
        assert json.loads(exported.text) == exported.values
        lost = {line.split()[0] for line in exported.lost}
        assert lost <= set(PARAMETERS) - set(exported.values)


def test_four_formats_are_offered():
    assert list(FORMATS) == ["generate", "generation_config", "vllm", "llama.cpp"]
    assert len({make(in_force(), 1).title for make in FORMATS.values()}) == 4
