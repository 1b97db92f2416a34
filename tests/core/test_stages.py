"""A parameter and a stage are one record each, from which options, sliders and exports derive."""

import ast
from pathlib import Path

import pytest

import tui
from tests.core.drawn_settings import LIBRARY
from tui.core import settings
from tui.core.export import FORMATS
from tui.core.parameters import Kind, Parameter, StageRecord
from tui.core.settings import UNASKED, Setting, Source, for_generate, resolve
from tui.core.stages import MAX_NEW_TOKENS, PARAMETERS, SEED, STAGES
from tui.widgets.in_force import others

ROOT = Path(tui.__file__).parent
NAMING = {"core/stages.py", "sampling/stages.py", "sampling/llama.py", "core/presets.py"}
"""The records, the functions that read their numbers, and settings as a person gives them."""
OTHERS = ("models/",)
"""The names of a parameter in transformers and in the servers."""


def literals(file):
    return {node.value for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Constant)}


def test_a_parameter_is_named_in_its_record_and_its_function_only():
    files = {str(file.relative_to(ROOT)): file for file in ROOT.rglob("*.py")}
    ours = {name: file for name, file in files.items() if name not in NAMING and not name.startswith(OTHERS)}
    assert {name: found for name, file in ours.items() if (found := literals(file) & {*PARAMETERS, *STAGES})} == {}


@pytest.mark.parametrize("parameter", [*PARAMETERS.values(), MAX_NEW_TOKENS, SEED], ids=lambda one: one.name)
def test_every_parameter_has_a_label_and_a_sentence(parameter):
    assert parameter.label
    assert parameter.help.endswith(".")


def test_no_two_stages_are_called_the_same():
    for names in ([one.label for one in STAGES.values()], [one.label for one in PARAMETERS.values()]):
        assert len(set(names)) == len(names)


def test_until_a_model_is_open_transformers_own_defaults_are_in_force():
    assert resolve({}, {}, UNASKED) == resolve({}, {}, dict.fromkeys(PARAMETERS) | LIBRARY)


# -- a stage that transformers does not have, of two parameters --------------------------------------------------------

WARP = StageRecord(
    "warp",
    Kind.CUT,
    label="warp",
    parameters=(
        Parameter("warp", 0.0, 0.0, label="warp", transformers=False),
        Parameter("warp_from", 1.0, 0.0, unasked=0.25, label="warp from", transformers=False),
    ),
)


@pytest.fixture
def warp(monkeypatch):
    monkeypatch.setitem(STAGES, "warp", WARP)
    for parameter in WARP.parameters:
        monkeypatch.setitem(PARAMETERS, parameter.name, parameter)
        monkeypatch.setitem(settings._NUMBERS, parameter.name, parameter)


@pytest.mark.usefixtures("warp")
def test_what_transformers_lacks_has_our_default_and_says_so():
    assert resolve({}, {}, LIBRARY)["warp_from"] == Setting(0.25, Source.SAMPLESCOPE)
    assert resolve({"warp_from": 0.5}, {}, LIBRARY)["warp_from"] == Setting(0.5, Source.YOU)


@pytest.mark.parametrize(
    ("values", "acts"),
    [
        ({"warp": 0.5, "warp_from": 0.25}, True),
        ({"warp": 0.0, "warp_from": 0.25}, False),
        ({"warp": 0.5, "warp_from": 1.0}, False),
        ({"warp": 0.5}, False),
    ],
)
def test_each_of_a_stages_parameters_alone_turns_it_off(values, acts):
    assert WARP.acts(values) is acts


@pytest.mark.usefixtures("warp")
def test_generate_is_never_given_what_it_lacks():
    assert for_generate({"warp": 0.5, "top_k": 3, "do_sample": True}) == {"top_k": 3, "do_sample": True}


@pytest.mark.usefixtures("warp")
@pytest.mark.parametrize("make", FORMATS.values(), ids=FORMATS)
def test_an_export_names_as_lost_what_its_program_lacks(make):
    exported = make(resolve({"warp": 0.5}, {}, LIBRARY), 42)
    assert exported.lost == ("warp 0.5", "warp_from 0.25")
    assert not {"warp", "warp_from"} & set(exported.values)
    assert make(resolve({}, {}, LIBRARY), 42).lost == ()


@pytest.mark.usefixtures("warp")
def test_a_parameter_of_a_stage_that_is_off_is_not_said_to_be_in_force():
    assert others(resolve({}, {}, LIBRARY), (), ()) == ["top-k 50 ⚑ (transformers)"]
    assert others(resolve({"warp": 0.5, "top_k": 0}, {}, LIBRARY), (), ()) == [
        "warp 0.50 (you)",
        "warp from 0.25 (samplescope)",
    ]
