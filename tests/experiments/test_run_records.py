"""What a step of `run` says fits together: ranks, masses and cutoffs are of one and the same distribution."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from tests.models.tiny import PROMPT, VOCABULARY, source
from tui.core.progress import quiet
from tui.core.records import Record
from tui.engine.engine import Engine
from tui.experiments.run import step_records
from tui.protocol import Open, Prompt, Step

SETTINGS = [
    {},
    {"temperature": 0.3, "top_k": 50},
    {"temperature": 3.0, "top_k": 0, "top_p": 0.9},
    {"top_k": 0, "typical_p": 0.5, "min_p": 0.01},
    {"top_h": 0.5, "epsilon_cutoff": 0.01, "eta_cutoff": 0.01},
    {"repetition_penalty": 1.3, "no_repeat_ngram_size": 1},
    {"temperature": 3.0, "top_k": 0, "top_p": 0.9, "order": "llama.cpp"},
    {"temperature": 2.0, "top_k": 30, "top_p": 0.9, "order": "top_p,temperature,top_k"},
    {"do_sample": False},
    {"do_sample": False, "repetition_penalty": 0.5, "no_repeat_ngram_size": 2},
]


def steps(dtype: str, given: dict, top: int, count: int = 5) -> list[Record]:
    model = source("llama", dtype)
    engine = Engine(load=lambda *_: model)
    engine.open(Open(), quiet)
    tip = engine.prompt(Prompt(ids=PROMPT), quiet).nodes[-1].id
    request = Step(at=tip, given=given | {"max_new_tokens": count}, seed=7, count=None)
    return [record for record in step_records(engine, request, top) if record["type"] == "step"]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("given", SETTINGS, ids=str)
def test_counts_and_masses_are_those_of_the_kept_candidates(given: dict, dtype: str) -> None:
    for step in steps(dtype, given, -1):
        listed = step["candidates"]
        kept = [one for one in listed if one["removed_by"] is None]
        assert len(listed) == VOCABULARY
        assert step["kept"] == len(kept)
        assert step["kept_mass"] == pytest.approx(sum(one["tempered"] for one in kept), abs=1e-6)
        assert sum(one["final"] for one in kept) == pytest.approx(1.0, abs=1e-5)
        assert all(one["final"] == 0 for one in listed if one["removed_by"])
        assert step["kept_mass"] <= 1 and max(one["cumulative"] for one in listed) <= 1
        if step["cutoffs"] and "do_sample" not in given:
            last = list(step["cutoffs"].values())[-1]
            assert last["left"] == step["kept"]
            # Where top-p comes before the temperature, masses are of the probabilities that it sees.
            seen = sum(one["raw"] for one in kept) if "order" in given else step["kept_mass"]
            assert last["mass"] == pytest.approx(seen, abs=1e-6)


@pytest.mark.parametrize("given", SETTINGS, ids=str)
def test_a_rank_is_one_more_than_the_number_of_better_ones_in_a_step_and_in_its_candidates(given: dict) -> None:
    for step in steps("bfloat16", given, -1):
        listed = step["candidates"]
        assert next(one["rank"] for one in listed if one["id"] == step["id"]) == step["rank"]
        for better, worse in pairwise(listed):
            assert (better["rank"] == worse["rank"]) == (better["raw"] == worse["raw"]) or "repetition_penalty" in given


def test_a_token_that_was_drawn_among_equals_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """All tokens but one are equal: a list of three has room for two of them, and one of these is the drawn one."""
    from tui.models.decoding import TransformersDecoder

    flat = torch.zeros(VOCABULARY).index_fill_(0, torch.tensor([5]), 1.0)
    monkeypatch.setattr(TransformersDecoder, "logits", lambda *_: flat)
    for step in steps("float32", {"top_k": 0, "temperature": 50.0}, 3, count=20):
        assert step["rank"] in (1, 2)
        assert [one["rank"] for one in step["candidates"]] == [1, 2, 2]
        assert step["id"] in [one["id"] for one in step["candidates"]]


def test_in_greedy_decoding_all_others_are_removed_by_it() -> None:
    for step in steps("float32", {"do_sample": False}, 4):
        assert [one["removed_by"] for one in step["candidates"]] == [None, "greedy", "greedy", "greedy"]
