"""Logits that are no numbers, and penalties that leave none: repaired where the model asks for it, else told."""

import math

import pytest
import torch
from transformers import InfNanRemoveLogitsProcessor

from tests.oracle import settings_of
from tui.errors import RunError
from tui.sampling.chain import build_chain
from tui.sampling.cuts import apply_chain
from tui.sampling.scoring import score

IDS = torch.tensor([[0, 1]])
INF, NAN = math.inf, math.nan


def scored(logits, processors=None, **given):
    return score(build_chain(settings_of(**given), processors), IDS, torch.tensor(logits))


@pytest.mark.parametrize(
    "logits", [[1.0, NAN, 0.5], [1.0, INF, 0.5], [-INF, NAN, INF], [NAN, NAN, NAN], [1.0, 2.0, 3.0]]
)
def test_where_the_model_asks_for_it_what_is_no_number_is_repaired_as_generate_does(logits):
    repair = InfNanRemoveLogitsProcessor()
    here = scored(logits, {"remove_invalid_values": repair})
    assert torch.equal(here.base, repair(IDS, torch.tensor([logits])))
    assert build_chain(settings_of(), {"remove_invalid_values": repair}).before
    applied = apply_chain(build_chain(settings_of()), IDS, here)
    assert applied.removed_by(torch.arange(3)) == ["", "", ""]


@pytest.mark.parametrize("logits", [[1.0, NAN, 0.5], [1.0, INF, 0.5], [NAN, NAN, NAN], [-INF, -INF, -INF]])
def test_where_nobody_asks_for_it_they_are_told(logits):
    with pytest.raises(RunError, match="not finite"):
        scored(logits)
    with pytest.raises(RunError, match="not finite"):
        scored(logits, repetition_penalty=1.5)


@pytest.mark.parametrize("penalty", [1e-39, 1e-45, 1e-38])
def test_a_penalty_that_makes_scores_overflow_is_named(penalty):
    with pytest.raises(RunError, match=f"repetition_penalty {penalty:g} makes scores overflow"):
        scored([1e9, 2.0, 3.0], repetition_penalty=penalty)


def test_a_penalty_that_leaves_no_token_is_named_and_in_greedy_decoding_what_generate_would_take():
    everything = {"no_repeat_ngram_size": 1}
    with pytest.raises(RunError, match=r"^no_repeat_ngram_size leaves no token to draw\. Turn it off\.$"):
        score(build_chain(settings_of(**everything)), torch.tensor([[0, 1, 2]]), torch.zeros(3))
    with pytest.raises(RunError, match=r"\(generate\(\) would take id 0\)"):
        score(build_chain(settings_of(do_sample=False, **everything)), torch.tensor([[0, 1, 2]]), torch.zeros(3))
