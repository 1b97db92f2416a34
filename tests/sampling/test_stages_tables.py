"""Each stage as a table of tiny distributions: probabilities in, probabilities kept, as in llama.cpp's tests."""

from __future__ import annotations

import math

import pytest
import torch

from tests.oracle import settings_of
from tui.core.parameters import Kind
from tui.core.stages import STAGES
from tui.sampling.chain import build_chain
from tui.sampling.cuts import apply_chain
from tui.sampling.ranking import Ranking
from tui.sampling.scoring import score
from tui.sampling.stages import FUNCTIONS

HALVES = [0.5, 0.25, 0.125, 0.0625, 0.0625]
FLAT = [0.25, 0.25, 0.25, 0.25]
MIXED = [0.1, 0.4, 0.2, 0.3]
"""Not in rank order: a stage must go by scores, not by position."""
O = 0.0  # noqa: E741

TABLE = [
    # settings, probabilities in → probabilities out, before renormalising
    ({"top_k": 1}, MIXED, [O, 0.4, O, O]),
    ({"top_k": 2}, MIXED, [O, 0.4, O, 0.3]),
    ({"top_k": 3}, MIXED, [O, 0.4, 0.2, 0.3]),
    ({"top_k": 9}, MIXED, MIXED),
    ({"top_k": 4}, HALVES, HALVES),  # the fourth and the fifth are equal: both stay
    ({"top_k": 1}, FLAT, FLAT),
    ({"top_p": 0.1}, MIXED, [O, 0.4, O, O]),
    ({"top_p": 0.39}, MIXED, [O, 0.4, O, O]),
    ({"top_p": 0.41}, MIXED, [O, 0.4, O, 0.3]),
    ({"top_p": 0.75}, MIXED, [O, 0.4, 0.2, 0.3]),
    ({"top_p": 0.95}, MIXED, MIXED),
    ({"top_p": 0.5}, HALVES, [0.5, O, O, O, O]),  # exactly on the edge: 0.5 is enough
    ({"top_p": 0.75}, HALVES, [0.5, 0.25, O, O, O]),
    ({"top_p": 0.7501}, HALVES, [0.5, 0.25, 0.125, O, O]),
    ({"min_p": 0.0}, MIXED, MIXED),
    ({"min_p": 0.26}, MIXED, [O, 0.4, 0.2, 0.3]),
    ({"min_p": 0.74}, MIXED, [O, 0.4, O, 0.3]),
    ({"min_p": 0.5}, HALVES, [0.5, 0.25, O, O, O]),  # exactly half of the best stays
    ({"min_p": 1.0}, MIXED, [O, 0.4, O, O]),
    ({"min_p": 1.0}, FLAT, FLAT),
    ({"epsilon_cutoff": 0.15}, MIXED, [O, 0.4, 0.2, 0.3]),
    ({"epsilon_cutoff": 0.125}, HALVES, [0.5, 0.25, 0.125, O, O]),  # exactly epsilon stays
    ({"epsilon_cutoff": 0.9}, MIXED, [O, 0.4, O, O]),  # the best always stays
    ({"epsilon_cutoff": 0.9}, FLAT, FLAT),
    ({"eta_cutoff": 0.0625}, HALVES, HALVES),  # √0.0625 · 2^−1.875 > 0.0625: as epsilon
    ({"eta_cutoff": 0.3}, HALVES, [0.5, 0.25, O, O, O]),  # √0.3 · 2^−1.875 = 0.149
    ({"typical_p": 0.2}, HALVES, [O, 0.25, O, O, O]),  # 2 bits is nearest to the entropy of 1.875, not the best's 1
    ({"typical_p": 0.3}, HALVES, [0.5, 0.25, O, O, O]),
    ({"typical_p": 0.8}, HALVES, [0.5, 0.25, 0.125, O, O]),
    ({"typical_p": 0.5}, FLAT, FLAT),
    ({"top_h": 0.2}, HALVES, [0.5, O, O, O, O]),  # the best alone has 0.5 of 1.875 bits
    ({"top_h": 0.27}, HALVES, [0.5, O, O, O, O]),
    ({"top_h": 0.55}, HALVES, [0.5, 0.25, O, O, O]),
    ({"top_h": 0.75}, HALVES, [0.5, 0.25, 0.125, O, O]),
]


@pytest.mark.parametrize(("given", "probabilities", "kept"), TABLE, ids=str)
def test_a_stage_keeps(given: dict[str, float], probabilities: list[float], kept: list[float]) -> None:
    chain = build_chain(settings_of(**given))
    row, ids = torch.tensor(probabilities).log(), torch.tensor([[0]])
    if probabilities is HALVES and torch.softmax(row, -1).tolist() != HALVES:
        pytest.skip("this processor's softmax does not give halves exactly")
    scored = score(chain, ids, row)
    for order in (None, Ranking(row, scored).order):
        scores = apply_chain(chain, ids, scored, order).scores[0]
        assert scores.exp().tolist() == pytest.approx(kept)
        assert ((scores == -math.inf) == (torch.tensor(kept) == 0)).all()


def test_every_cut_is_in_the_table() -> None:
    named = {name for given, _, _ in TABLE for name in given}
    cuts = [stage for stage in STAGES.values() if stage.kind is Kind.CUT]
    assert named == {parameter.name for stage in cuts for parameter in stage.parameters}


def test_every_record_has_its_function() -> None:
    assert list(FUNCTIONS) == list(STAGES)


@pytest.mark.parametrize(
    ("value", "after"), [(0.5, [0.8, 0.2, 0.0]), (1.0, [2 / 3, 1 / 3, 0.0]), (2.0, [0.5858, 0.4142, 0.0])]
)
def test_temperature_sharpens_below_one_and_flattens_above(value: float, after: list[float]) -> None:
    chain = build_chain(settings_of(temperature=value))
    row, ids = torch.tensor([2 / 3, 1 / 3, 0.0]).log(), torch.tensor([[0]])
    tempered = apply_chain(chain, ids, score(chain, ids, row)).tempered
    assert torch.softmax(tempered, -1)[0].tolist() == pytest.approx(after, abs=1e-4)


@pytest.mark.parametrize(
    ("penalty", "before", "after"),
    [(2.0, [4.0, -4.0, 4.0], [2.0, -8.0, 4.0]), (0.5, [4.0, -4.0, 4.0], [8.0, -2.0, 4.0])],
)
def test_repetition_penalty_lowers_what_is_there_already(
    penalty: float, before: list[float], after: list[float]
) -> None:
    chain = build_chain(settings_of(repetition_penalty=penalty))
    assert score(chain, torch.tensor([[0, 1, 1]]), torch.tensor(before)).base.tolist() == [after]


@pytest.mark.parametrize(
    ("size", "ids", "banned"),
    [
        (1, [2, 0], {0, 2}),
        (2, [1, 2, 3, 1], {2}),
        (2, [1, 2, 1, 3, 1], {2, 3}),
        (2, [1, 1], {1}),
        (2, [1], set()),
        (3, [1, 2, 3, 1, 2], {3}),
        (3, [1, 2], set()),
        (3, [2, 2, 2], {2}),
        (9, [1, 2, 3], set()),
    ],
)
def test_no_repeat_ngram_removes_what_would_repeat_one(size: int, ids: list[int], banned: set[int]) -> None:
    chain = build_chain(settings_of(no_repeat_ngram_size=size))
    base = score(chain, torch.tensor([ids]), torch.zeros(5)).base[0]
    assert {token for token in range(5) if base[token] == -math.inf} == banned
