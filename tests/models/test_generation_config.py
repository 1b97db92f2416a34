"""What a generation_config asks and generate() refuses is said by name; a person's own value takes its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import transformers

from tests.commands import Command
from tests.models import checkpoints
from tests.models.hostile import json_with
from tui.core.origin import Origin
from tui.core.progress import quiet
from tui.core.stages import PARAMETERS, SAMPLING_PARAMETERS
from tui.engine.engine import Engine
from tui.errors import InputError, ModelError
from tui.models.generation import OVERRIDES
from tui.models.transformers import TransformersModel
from tui.protocol import Open, Prompt, Step, View

GENERATION = "generation_config.json"
REFUSED: list[tuple[str, Any, float]] = [
    ("temperature", 0.0, 0.7), ("temperature", 0, 0.7), ("temperature", 2, 0.7), ("temperature", "0.7", 0.7),
    ("temperature", [0.7], 0.7), ("top_k", -1, 5), ("top_k", 50.0, 5), ("top_p", -0.1, 0.9), ("typical_p", 0, 0.9),
    ("min_p", 2.0, 0.1), ("top_h", 7, 0.5), ("repetition_penalty", 0, 1.5), ("repetition_penalty", 2, 1.5),
    ("no_repeat_ngram_size", 2.5, 2),
]  # fmt: skip
"""A parameter, a default of a model that generate() refuses, and what a person may give instead."""
EACH = pytest.mark.parametrize(("name", "asked", "given"), REFUSED)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


def flag(name: str) -> str:
    return PARAMETERS[name].flag


def opened(folder: Path) -> tuple[Engine, int]:
    engine = Engine()
    engine.open(Open(origin=Origin(model=str(folder), device="cpu")), quiet)
    return engine, engine.prompt(Prompt(ids=[5, 6, 7]), quiet).nodes[-1].id


@EACH
def test_without_a_value_of_ones_own_one_line_names_file_and_option(
    command: Command, broken: Path, name: str, asked: Any, given: float
) -> None:
    json_with(GENERATION, **{name: asked})(broken)
    for way in ("run", "verify"):
        said = command.refused(way, "-m", broken, "-p", "The", "--max-new-tokens", 2)
        assert GENERATION in said and f"{name}={asked!r}" in said and flag(name) in said
        assert ("--greedy" in said) is (name in SAMPLING_PARAMETERS)


@EACH
def test_ones_own_value_takes_its_place(command: Command, broken: Path, name: str, asked: Any, given: float) -> None:
    """With what generate() gives for it on the same checkpoint."""
    json_with(GENERATION, **{name: asked})(broken)
    argv = ("-m", broken, "-p", "The", "--max-new-tokens", 6, flag(name), given)
    *_, end = command.run(*argv, "--seed", 3, "--top", 0)
    assert command("verify", *argv, "--seed", 3)[0] == 0
    transformers.utils.logging.set_verbosity_error()
    model = transformers.AutoModelForCausalLM.from_pretrained(broken)
    ids = transformers.AutoTokenizer.from_pretrained(broken)("The", return_tensors="pt")
    value = PARAMETERS[name].normalise(given)
    transformers.set_seed(3)
    theirs = model.generate(**ids, do_sample=True, max_new_tokens=6, **{name: value})[0, ids["input_ids"].shape[1] :]
    assert end["ids"] == theirs.tolist()


@EACH
def test_greedy_decoding_needs_no_value_for_what_it_leaves_out(
    command: Command, broken: Path, name: str, asked: Any, given: float
) -> None:
    json_with(GENERATION, **{name: asked})(broken)
    status, *_ = command("run", "-m", broken, "-p", "The", "--max-new-tokens", 2, "--greedy")
    assert status == (0 if name in SAMPLING_PARAMETERS else 2)


def test_the_screen_names_the_slider_and_a_value_on_it_helps(broken: Path) -> None:
    """The model opens: without it no slider could be moved."""
    json_with(GENERATION, temperature=0.0, top_k=-1)(broken)
    engine, at = opened(broken)
    for given in ({}, {"temperature": 0.7}):
        with pytest.raises(InputError) as refused:
            engine.view(View(slot="main", at=at, given=given))
        assert "--" not in str(refused.value)
        assert f"Set {'top-k' if given else 'temperature'} yourself" in refused.value.remedy
    given = {"temperature": 0.7, "top_k": 3}
    assert engine.view(View(slot="main", at=at, given=given)).kept == 3
    assert len(list(engine.step(Step(at=at, given=given, seed=1, count=2)))) == 2


@pytest.mark.parametrize(
    ("name", "asked"),
    [("bad_words_ids", [[99_999]]), ("sequence_bias", 7), ("forced_eos_token_id", 99_999), ("eos_token_id", "</s>"),
     ("stop_strings", [7]), ("watermarking_config", {"greenlist_ratio": 7.0}), ("suppress_tokens", "x"),
     ("encoder_repetition_penalty", 0)],
)  # fmt: skip
def test_what_nobody_can_set_is_refused_by_name_beside_what_is_right(broken: Path, name: str, asked: Any) -> None:
    json_with(GENERATION, **{name: asked, "temperature": 0.7, "renormalize_logits": True})(broken)
    with pytest.raises(ModelError) as refused:
        TransformersModel.load(Origin(model=str(broken), device="cpu"), quiet)
    assert f"{GENERATION} of {broken} asks {name}=" in refused.value.message


def test_two_that_only_together_are_refused(broken: Path) -> None:
    json_with(GENERATION, forced_eos_token_id=5, suppress_tokens=[5])(broken)
    with pytest.raises(ModelError, match="asks what generate\\(\\) refuses: Every token in `forced_eos_token_id`"):
        TransformersModel.load(Origin(model=str(broken), device="cpu"), quiet)


def test_a_checkpoint_without_the_file_asks_in_its_config_json(broken: Path) -> None:
    (broken / GENERATION).unlink()
    json_with("config.json", temperature=0.5, top_k=7, eos_token_id=3)(broken)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(broken).generation_config.to_dict()
    model = TransformersModel.load(Origin(model=str(broken), device="cpu"), quiet)
    asked = {name: value for name, value in model.info.generation.items() if value is not None}
    assert {name: theirs[name] for name in asked} == asked
    assert (asked["temperature"], asked["top_k"], model.info.eos) == (0.5, 7, {3})
    json_with("config.json", temperature=0.0)(broken)
    info = TransformersModel.load(Origin(model=str(broken), device="cpu"), quiet).info
    assert info.refused["temperature"].file == "config.json"


def test_what_is_asked_is_what_from_pretrained_takes(broken: Path) -> None:
    asked = {"temperature": 0.7, "eos_token_id": [3, 4], "suppress_tokens": [9], "own": 7, "stop_strings": ["ing"]}
    checkpoints.edit_json(broken / GENERATION, lambda content: content.update(asked))
    theirs = transformers.AutoModelForCausalLM.from_pretrained(broken).generation_config.to_dict()
    model = TransformersModel.load(Origin(model=str(broken), device="cpu"), quiet)
    ours = model._shared.model.generation_config.to_dict()
    assert {n: value for n, value in theirs.items() if ours.get(n) != value and n not in OVERRIDES} == {}
