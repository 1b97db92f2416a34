"""One step: the three probabilities, the token, and the numbers that a node records."""

from __future__ import annotations

import math

import msgspec
import pytest
import torch

from tests.engine.looking import place
from tests.oracle import settings_of
from tui.core.story import How
from tui.engine.decide import Distribution, distribution, draw, node_numbers
from tui.errors import RunError
from tui.sampling.draw import DrawStream, Noise
from tui.sampling.stages import FUNCTIONS, StageContext, Values

ROW = torch.tensor([2.0, 0.5, 3.0, -1.0, 0.5])
IDS = [0, 3]


def here(**given: float | bool) -> Distribution:
    return distribution(place(ROW, ids=IDS), settings_of(**given), 42)


def test_raw_is_the_models_own_distribution_whatever_is_set() -> None:
    expected = torch.softmax(ROW, 0)[None]
    for given in ({}, {"temperature": 0.3}, {"top_k": 1}, {"repetition_penalty": 2.0}, {"do_sample": False}):
        assert torch.equal(here(**given).raw, expected)


def test_tempered_is_after_penalties_and_temperature_before_anything_is_cut() -> None:
    penalised = torch.tensor([[1.0, 0.5, 3.0, -2.0, 0.5]])
    found = here(repetition_penalty=2.0, temperature=0.5, top_k=2)
    assert torch.equal(found.tempered, torch.softmax(penalised / 0.5, -1))


def test_final_is_what_is_left_renormalised() -> None:
    found = here(top_k=2)
    odds = [math.exp(2.0), math.exp(3.0)]
    assert found.final[0].tolist() == pytest.approx([odds[0] / sum(odds), 0, odds[1] / sum(odds), 0, 0])


def test_entropy_is_of_all_three() -> None:
    def bits(probabilities: torch.Tensor) -> float:
        return -sum(p * math.log2(p) for p in probabilities[0].tolist() if p)

    found = here(temperature=2.0, top_k=2)
    expected = bits(found.raw), bits(found.tempered), bits(found.final)
    assert msgspec.structs.astuple(found.entropy) == pytest.approx(expected)


def test_kept_counts_what_the_cuts_left_and_its_tempered_mass() -> None:
    tempered = torch.softmax(ROW / 2, 0)
    assert (here().kept, here().kept_mass) == (5, 1.0)
    cut, greedy = here(temperature=2.0, top_k=2), here(do_sample=False)
    assert (cut.kept, cut.kept_mass) == (2, pytest.approx(float(tempered[0] + tempered[2])))
    assert (greedy.kept, greedy.kept_mass) == (1, pytest.approx(float(torch.softmax(ROW, 0)[2])))


def test_a_sampled_token_is_the_lucks_and_greedy_takes_the_best() -> None:
    found = here(temperature=3.0)
    assert draw(found, DrawStream(5, 5), 3) == (DrawStream(5, 5).draw(found.final, 3), How.SAMPLED)
    assert draw(here(do_sample=False, temperature=3.0), DrawStream(5, 5), 3) == (2, How.GREEDY)


def test_greedy_heeds_the_penalties() -> None:
    found = distribution(place(ROW, ids=[2]), settings_of(repetition_penalty=3.0, do_sample=False), 42)
    assert draw(found, DrawStream(0, 5), 0) == (0, How.GREEDY)
    assert found.final.tolist() == [[1.0, 0.0, 0.0, 0.0, 0.0]]


def test_where_a_token_stands() -> None:
    found = here(temperature=0.5, top_k=2)
    raw, tempered = torch.softmax(ROW, 0), torch.softmax(ROW / 0.5, 0)
    first, cut = node_numbers(found, 2), node_numbers(found, 4)
    assert (first["rank"], node_numbers(found, 0)["rank"], cut["rank"], node_numbers(found, 1)["rank"]) == (1, 2, 3, 3)
    assert (cut["raw"], cut["tempered"], cut["final"]) == pytest.approx((float(raw[4]), float(tempered[4]), 0.0))
    assert first["kept"] == cut["kept"] == 2
    assert cut["surprisal"] == pytest.approx(-math.log2(float(raw[4])))
    assert first["entropy"] == pytest.approx(found.entropy.raw)
    assert first["kept_mass"] == cut["kept_mass"] == pytest.approx(float(tempered[0] + tempered[2]))


def test_rank_is_by_the_scores_after_penalties() -> None:
    found = distribution(place(ROW, ids=[2]), settings_of(repetition_penalty=3.0), 42)
    assert [node_numbers(found, token)["rank"] for token in range(5)] == [1, 3, 2, 5, 3]


def test_a_row_that_is_not_finite_is_refused() -> None:
    with pytest.raises(RunError, match="1 of the model's 2 logits are not finite"):
        distribution(place(torch.tensor([math.nan, 1.0])), settings_of(), 42)


def test_a_stage_that_draws_has_the_noise_of_the_seed_and_the_position(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Noise] = []

    def drawing(scores: torch.Tensor, _values: Values, context: StageContext) -> torch.Tensor:
        heard.append(context.noise)
        return scores

    monkeypatch.setitem(FUNCTIONS, "top_h", drawing)
    for position, seed in ((0, 42), (7, 42), (7, 43)):
        distribution(place(ROW, ids=IDS, position=position), settings_of(top_h=0.5), seed)
    assert heard == [Noise(42, 0), Noise(42, 7), Noise(43, 7)]


def test_a_row_is_never_changed() -> None:
    def in_place(_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return scores.fill_(1.0)

    row = ROW.clone()
    given = settings_of(repetition_penalty=2.0, temperature=0.1, top_k=1)
    distribution(place(row, {"min_length": in_place}, ids=IDS), given, 42)
    assert torch.equal(row, ROW)
