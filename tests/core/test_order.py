"""The order of the stages as a setting: what may be given, what it means, and where it is remembered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.drawn_settings import LIBRARY
from tui.core.export import FORMATS, llama_request
from tui.core.labels import value_text
from tui.core.order import LLAMA_CPP, NAMED, is_order, normalise_order, stage_order
from tui.core.settings import Setting, Source, for_generate, normalise, resolve
from tui.core.stages import PENALTIES, SAMPLING, STAGES
from tui.errors import InputError
from tui.widgets.in_force import others


@pytest.mark.parametrize("order", NAMED.values(), ids=NAMED)
def test_a_named_order_has_every_stage_once_and_penalties_first(order):
    assert sorted(order) == sorted(STAGES)
    assert set(order[: len(PENALTIES)]) == {stage.name for stage in PENALTIES}


def test_llama_cpp_has_its_own_order_with_temperature_last_and_what_it_lacks_before_that():
    ours = [name for name in NAMED[LLAMA_CPP] if STAGES[name].llama]
    assert ours == ["repetition_penalty", "top_k", "typical_p", "top_p", "min_p", "temperature"]
    assert NAMED[LLAMA_CPP][-4:] == ("top_h", "epsilon_cutoff", "eta_cutoff", "temperature")


def test_named_stages_trade_places_and_all_others_keep_theirs():
    assert stage_order("top_p,top_k") == tuple(
        {"top_p": "top_k", "top_k": "top_p"}.get(name, name) for name in STAGES
    )  # fmt: skip
    moved = stage_order("top_k,top_p,temperature")
    assert [name for name in moved if name in ("top_k", "top_p", "temperature")] == ["top_k", "top_p", "temperature"]
    assert moved.index("top_h") == list(STAGES).index("top_h")


@given(st.permutations([stage.name for stage in PENALTIES]), st.permutations([stage.name for stage in SAMPLING]))
def test_any_order_of_the_penalties_and_then_of_the_rest_can_be_given(penalties, rest):
    text = normalise_order(", ".join(name.replace("_", "-") for name in (*penalties, *rest)))
    assert stage_order(text) == (*penalties, *rest)
    assert is_order(text)


def test_transformers_order_is_never_written():
    assert normalise({"order": "transformers", "top_k": 3}) == {"top_k": 3}
    assert normalise({"order": "temperature,top_k,top_p"}) == {}
    assert normalise({"order": " top-p, top-k "}) == {"order": "top_p,top_k"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", r"no order 'nonsense'\. --order takes transformers or llama\.cpp, or stages .*: repetition_pen"),
        ("top_k,topp", r"no stage 'topp'\. .*top_k, top_p"),
        ("top_k,top_k", "names top_k 2 times"),
        ("", "no order"),
        ("temperature,repetition_penalty", "repetition_penalty comes too late"),
        (3, "no order 3"),
        (None, "no order None"),
    ],
)
def test_anything_else_is_refused_in_one_line(text, said):
    with pytest.raises(InputError, match=said) as refused:
        normalise({"order": text})
    assert "\n" not in str(refused.value)
    assert not is_order(text)


def test_it_is_among_the_settings_with_its_source():
    assert resolve({}, {}, LIBRARY)["order"] == Setting("transformers", Source.TRANSFORMERS)
    assert resolve({"order": "llama.cpp"}, {}, LIBRARY)["order"] == Setting("llama.cpp", Source.YOU)


def test_generate_is_never_given_an_order():
    assert for_generate({"order": "llama.cpp", "top_k": 3}) == {"top_k": 3}


def test_another_order_is_in_words_among_what_is_in_force():
    assert others(resolve({"order": "llama.cpp", "top_k": 0}, {}, LIBRARY), (), ()) == ["llama.cpp's order (you)"]
    assert others(resolve({"top_k": 0}, {}, LIBRARY), (), ()) == []
    assert value_text("order", "top_p,top_k") == "the order top_p, top_k"


def test_llama_cpp_is_asked_for_the_order_in_force_and_its_own_needs_no_note():
    theirs = llama_request(resolve({"order": "llama.cpp"}, {}, LIBRARY), 1)
    assert theirs.values["samplers"] == ["penalties", "top_k", "typ_p", "top_p", "min_p", "temperature"]
    assert not any("samplers" in note or "exactly k" in note for note in theirs.notes)
    swapped = llama_request(resolve({"order": "top_p,top_k"}, {}, LIBRARY), 1)
    assert swapped.values["samplers"] == ["penalties", "temperature", "top_p", "top_k", "min_p", "typ_p"]
    assert any("`samplers` asks for the order top_p, top_k" in note for note in swapped.notes)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "llama.cpp"])
def test_a_program_with_another_order_cannot_be_told_and_that_is_said(name):
    assert "llama.cpp's order" in FORMATS[name](resolve({"order": "llama.cpp"}, {}, LIBRARY), 1).lost
    assert FORMATS[name](resolve({}, {}, LIBRARY), 1).lost == ()
