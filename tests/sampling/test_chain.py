"""The chain: which stages run, in which order, what each keeps, and which stage removed a token."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.oracle import settings_of
from tui.core.candidates import Cut
from tui.core.settings import OFF, Given, resolve
from tui.errors import RunError
from tui.sampling.chain import Chain, build_chain
from tui.sampling.cuts import ChainResult, apply_chain, describe_cuts
from tui.sampling.ranking import Ranking
from tui.sampling.scoring import score
from tui.sampling.stages import nucleus, nucleus_of_few, nucleus_size

IDS = torch.tensor([[0, 1]])


def names(chain: Chain) -> list[str]:
    temperature = [chain.temperature] if chain.temperature else []
    return [stage.name for stage in (*chain.before, *chain.untempered, *temperature, *chain.after)]


def run(row: list[float], chain: Chain) -> ChainResult:
    return apply_chain(chain, IDS, score(chain, IDS, torch.tensor(row)))


def cuts(probabilities: list[float], **given: float) -> dict[str, Cut]:
    chain = build_chain(settings_of(**given))
    applied = run(torch.tensor(probabilities).log().tolist(), chain)
    described = describe_cuts(chain, applied, IDS, torch.softmax(applied.tempered, -1))
    return {cut.stage: cut for cut in described}


# -- which stages, in which order -------------------------------------------------------------------------------------


def test_nothing_given_and_no_defaults_is_an_empty_chain() -> None:
    assert names(build_chain(settings_of())) == []


def test_a_parameter_that_is_off_is_no_stage() -> None:
    assert names(build_chain(resolve(OFF, {"top_k": 7, "top_p": 0.5}, {"top_k": 50}))) == []


def test_transformers_hidden_default_is_a_stage_until_it_is_turned_off() -> None:
    assert names(build_chain(resolve({}, {}, {"top_k": 50}))) == ["top_k"]
    assert names(build_chain(resolve({"top_k": None}, {}, {"top_k": 50}))) == []


def test_the_models_own_stages_run_in_generates_places() -> None:
    def same(_ids: Tensor, scores: Tensor) -> Tensor:
        return scores

    own = ("LogitNormalizer", "renormalize_logits", "min_length", "sequence_bias", "suppress_tokens")
    model_processors = dict.fromkeys(own, same)
    given: Given = {"repetition_penalty": 1.1, "temperature": 0.5, "top_k": 3}
    assert names(build_chain(settings_of(**given), model_processors)) == [
        "sequence_bias", "repetition_penalty", "min_length", "suppress_tokens", "LogitNormalizer", "temperature",
        "top_k", "renormalize_logits",
    ]  # fmt: skip


def test_our_own_stage_stands_for_the_captured_one_of_the_same_name() -> None:
    def never(_ids: Tensor, _scores: Tensor) -> Tensor:
        raise AssertionError

    chain = build_chain(settings_of(top_k=2), {"top_k": never, "temperature": never})
    assert names(chain) == ["top_k"]
    assert run([1.0, 2.0, 3.0], chain).scores.tolist() == [[-math.inf, 2.0, 3.0]]


def test_greedy_leaves_out_temperature_and_cuts_but_no_penalty() -> None:
    def same(_ids: Tensor, scores: Tensor) -> Tensor:
        return scores

    given: Given = {"repetition_penalty": 1.1, "temperature": 0.5, "top_k": 3, "top_p": 0.5, "do_sample": False}
    chain = build_chain(settings_of(**given), {"suppress_tokens": same, "renormalize_logits": same})
    assert names(chain) == ["repetition_penalty", "suppress_tokens", "renormalize_logits"]
    assert chain.greedy


def test_the_order_is_data_and_the_models_own_stages_keep_their_places() -> None:
    def same(_ids: Tensor, scores: Tensor) -> Tensor:
        return scores

    given: Given = {"temperature": 2.0, "top_k": 3, "top_p": 0.5, "order": "top_p,top_k,temperature"}
    chain = build_chain(settings_of(**given), {"Own": same, "renormalize_logits": same})
    assert names(chain) == ["Own", "top_p", "top_k", "temperature", "renormalize_logits"]


def test_each_stage_sees_what_the_one_before_it_left() -> None:
    """top-p keeps one token for 0.75 of what top-k 2 left; for 0.75 of the whole distribution it would keep three."""
    row = [math.log(p) for p in (0.4, 0.1, 0.1, 0.1, 0.3)]
    first_k = build_chain(settings_of(top_k=2, top_p=0.55))
    assert run(row, first_k).kept_sets[-1].count == 1
    assert cuts([0.4, 0.1, 0.1, 0.1, 0.3], top_k=2, top_p=0.55)["top_p"].alone == 2


# -- a model's own stages --------------------------------------------------------------------------------------------


def test_a_stage_that_writes_in_place_does_not_touch_the_row() -> None:
    def in_place(_ids: Tensor, scores: Tensor) -> Tensor:
        scores[:, 1] = -math.inf
        return scores

    row = torch.tensor([1.0, 2.0, 3.0])
    chain = build_chain(settings_of(), {"suppress_tokens": in_place})
    scored = score(chain, IDS, row)
    assert row.tolist() == [1.0, 2.0, 3.0]
    assert scored.base.tolist() == [[1.0, -math.inf, 3.0]]
    assert apply_chain(chain, IDS, scored).removed_by(torch.arange(3)) == ["", "suppress_tokens", ""]


def test_a_token_forced_back_is_not_removed() -> None:
    def force(_ids: Tensor, scores: Tensor) -> Tensor:
        forced = torch.full_like(scores, -math.inf)
        forced[0, 1] = 0.0
        return forced

    chain = build_chain(settings_of(), {"forced_eos_token_id": force})
    applied = run([0.5, -math.inf, 0.25], chain)
    assert applied.removed_by(torch.arange(3)) == ["forced_eos_token_id", "", "forced_eos_token_id"]


def test_what_the_model_itself_forbids_is_removed_by_the_model() -> None:
    chain = build_chain(settings_of(no_repeat_ngram_size=1, top_k=1))
    applied = run([3.0, -math.inf, 2.0, 1.0], chain)
    assert applied.removed_by(torch.arange(4)) == ["no_repeat_ngram_size", "model", "", "top_k"]
    assert [kept_set.count for kept_set in applied.kept_sets] == [3, 2, 1]


# -- descriptions of cuts ---------------------------------------------------------------------------------------------

TEN = [0.3, 0.2, 0.15, 0.1, 0.08, 0.06, 0.05, 0.03, 0.02, 0.01]


def test_a_cut_says_what_it_keeps_alone_and_what_is_left_in_the_chain() -> None:
    found = cuts(TEN, top_k=5, top_p=0.9, min_p=0.6)
    assert (found["top_k"].alone, found["top_k"].left) == (5, 5)
    assert (found["top_p"].alone, found["top_p"].left) == (7, 4)  # 0.75 of the 0.83 left is over 0.9
    assert (found["min_p"].alone, found["min_p"].left) == (2, 2)
    assert found["top_k"].mass == pytest.approx(0.83)
    assert found["min_p"].mass == pytest.approx(0.5)


def test_the_mass_is_of_the_tempered_distribution() -> None:
    found = cuts([0.5, 0.3, 0.2], temperature=0.5, top_k=1)
    assert found["top_k"].mass == pytest.approx(0.25 / (0.25 + 0.09 + 0.04))


def test_an_edge_inside_equal_tokens_says_how_many_of_them_stay() -> None:
    """One token of 0.25 and fifteen of 0.05: p = 0.58 needs 6.6 of the fifteen, so seven are kept."""
    found = cuts([0.25] + [0.05] * 15, top_p=0.58)
    assert found["top_p"].tie == (15, 7)
    assert found["top_p"].left == 8


def test_top_k_says_so_when_equal_tokens_make_it_keep_more() -> None:
    found = cuts([0.4, 0.2, 0.2, 0.2], top_k=2)
    assert (found["top_k"].left, found["top_k"].tie) == (4, (3, 3))


def test_equal_tokens_that_no_edge_divides_are_not_worth_telling() -> None:
    assert cuts([0.4, 0.2, 0.2, 0.1, 0.1], top_k=3)["top_k"].tie is None
    assert cuts([0.4, 0.2, 0.2, 0.1, 0.1], top_p=0.7)["top_p"].tie is None
    assert cuts([0.4, 0.2, 0.2, 0.1, 0.1], min_p=0.4)["min_p"].tie is None


def test_each_token_is_removed_by_the_first_stage_that_removed_it() -> None:
    chain = build_chain(settings_of(top_k=8, top_p=0.9, min_p=0.3))
    applied = run(torch.tensor(TEN).log().tolist(), chain)
    kept, by_min_p, by_top_p, by_top_k = [""] * 4, ["min_p"] * 2, ["top_p"] * 2, ["top_k"] * 2
    assert applied.removed_by(torch.arange(10)) == kept + by_min_p + by_top_p + by_top_k
    assert applied.removed_by(torch.tensor([9, 0])) == ["top_k", ""]


# -- exact or provisional --------------------------------------------------------------------------------------------


def tied_row() -> Tensor:
    return (torch.randn(3000, generator=torch.Generator().manual_seed(1)) * 4).round() / 2


def test_while_a_slider_moves_a_split_tie_is_provisional_and_says_so() -> None:
    row = tied_row()
    chain = build_chain(settings_of(top_k=500, top_p=0.9))
    scored = score(chain, IDS, row)
    order = Ranking(row, scored).order
    moving = apply_chain(chain, IDS, scored, order, exact=False)
    resting = apply_chain(chain, IDS, scored, order, exact=True)
    assert (moving.exact, resting.exact) == (False, True)
    assert [one.count for one in moving.kept_sets] == [one.count for one in resting.kept_sets]
    assert torch.equal(resting.scores, apply_chain(chain, IDS, scored).scores)


def test_nothing_is_provisional_if_a_later_stage_sums_what_stays() -> None:
    row = tied_row()
    chain = build_chain(settings_of(top_k=500, top_p=0.9, min_p=0.001))
    scored = score(chain, IDS, row)
    assert apply_chain(chain, IDS, scored, Ranking(row, scored).order, exact=False).exact


def test_the_order_of_a_row_is_not_used_after_a_stage_that_split_a_tie() -> None:
    """top-h keeps some of the equal tokens; in the known order the removed ones would stand among the kept ones."""
    row = torch.zeros(300)
    chain = build_chain(settings_of(top_h=0.5, top_p=0.5))
    scored = score(chain, IDS, row)
    ranked = apply_chain(chain, IDS, scored, Ranking(row, scored).order, exact=False)
    assert torch.equal(ranked.scores, apply_chain(chain, IDS, scored).scores)


@pytest.mark.parametrize("p", [0.05, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("kept", [1, 2, 50, 2000])
def test_top_p_of_the_few_that_are_left_is_top_p(kept: int, p: float) -> None:
    row = torch.randn(1, 3000, generator=torch.Generator().manual_seed(kept)) * 4
    left = row.masked_fill(row < row.topk(kept).values[:, -1:], -torch.inf)
    assert torch.equal(nucleus_of_few(left, p, kept), nucleus(left, p))


@pytest.mark.parametrize("p", [0.0, 0.05, 0.5, 0.9, 0.999, 1.0])
def test_how_many_top_p_keeps_needs_only_sorted_values(p: float) -> None:
    for row in (torch.randn(1, 3000, generator=torch.Generator().manual_seed(2)) * 4, tied_row()[None]):
        kept = int((nucleus(row, p) > -torch.inf).sum())
        assert nucleus_size(row, p) == kept == nucleus_size(row, p, torch.sort(row).indices)


def test_after_top_k_the_draw_needs_no_sort_unless_equal_tokens_stand_at_the_edge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sorted_lengths = []

    def sorting(scores: Tensor, *args: Any, **kwargs: Any) -> Any:
        sorted_lengths.append(scores.shape[-1])
        return real(scores, *args, **kwargs)

    real, chain = torch.sort, build_chain(settings_of(top_k=500, top_p=0.9))
    monkeypatch.setattr(torch, "sort", sorting)
    for row, sorts in ((torch.randn(3000) * 4, 0), (tied_row(), 1)):
        apply_chain(chain, IDS, score(chain, IDS, row))
        assert len(sorted_lengths) == sorts


@pytest.mark.parametrize("value", [1e-40, 1e-300, 1e-38])
def test_a_temperature_so_small_that_scores_overflow_is_refused_with_a_remedy(value: float) -> None:
    chain = build_chain(settings_of(temperature=value))
    with pytest.raises(RunError, match=f"temperature {value} is so small.*--greedy"):
        run([30.0, 20.0], chain)


def test_masses_are_summed_in_float64() -> None:
    row = torch.randn(150_000, generator=torch.Generator().manual_seed(0))
    chain = build_chain(settings_of(top_k=140_000))
    probabilities = torch.softmax(row[None], -1)
    applied = apply_chain(chain, IDS, score(chain, IDS, row))
    mass = probabilities.double()[applied.kept_sets[0].left].sum().item()
    assert describe_cuts(chain, applied, IDS, probabilities)[0].mass == pytest.approx(mass, rel=1e-12)
