"""What each stage does, against torch straight from the logits; and of a head only what is so for the whole."""

from __future__ import annotations

import math
import sys
from array import array

import pytest
import torch
from hypothesis import given, settings
from torch import Tensor

from tests.engine.looking import IDS, WIDTH, look, place
from tests.engine.test_heads import both
from tests.fake_model import fake_row
from tests.sampling.heads import Hidden, hidden
from tui.core.settings import Given
from tui.engine.stage_effects import stage_effects
from tui.protocol import PlotRequest

LOGITS = fake_row(IDS, WIDTH).double()


def bits(scores: Tensor) -> float:
    shares = torch.softmax(scores, 0)
    return -sum(share * math.log2(share) for share in shares.tolist() if share)


def top(scores: Tensor, count: int) -> Tensor:
    """Scores with all but the `count` best removed."""
    return scores.masked_fill(scores < scores.topk(count).values[-1], -math.inf)


def nucleus_count(scores: Tensor, p: float) -> int:
    """How many of the best have p of the probability, by the definition."""
    return 1 + int((torch.softmax(scores, 0).sort(descending=True).values.cumsum(0) < p).sum())


def row(before: Tensor, after: Tensor) -> list[float]:
    """Candidates before and after, probability removed, entropy after, of two rows of scores."""
    gone = float(torch.softmax(before, 0)[after == -math.inf].sum())
    return [int((before > -math.inf).sum()), int((after > -math.inf).sum()), gone, bits(after)]


def shown(given: Given, **processors: object) -> dict[str, list[float]]:
    """The numbers of the stages plot, by stage."""
    plot = look(given, at=place(processors=processors), plot=PlotRequest("stages", 60)).plot  # type: ignore[arg-type]
    assert plot is not None and sys.byteorder == "little"
    return {stage: array("f", data).tolist() for stage, data in plot.series.items()}


def check(found: dict[str, list[float]], expected: dict[str, list[float]]) -> None:
    assert list(found) == list(expected)
    for stage, numbers in expected.items():
        assert found[stage] == pytest.approx(numbers, rel=1e-4, abs=1e-6), stage


def test_temperature_top_k_and_top_p_one_after_the_other() -> None:
    heated = LOGITS / 0.7
    best = top(heated, 30)
    nucleus = top(best, nucleus_count(best, 0.8))
    check(
        shown({"temperature": 0.7, "top_k": 30, "top_p": 0.8}),
        {
            "logits": row(LOGITS, LOGITS), "temperature": row(LOGITS, heated), "top_k": row(heated, best),
            "top_p": row(best, nucleus),
        },
    )  # fmt: skip


def test_in_llama_cpps_order_the_cuts_see_what_the_temperature_has_not_touched() -> None:
    best = top(LOGITS, 30)
    nucleus = top(best, nucleus_count(best, 0.8))
    found = shown({"temperature": 2.0, "top_k": 30, "top_p": 0.8, "order": "llama.cpp"})
    expected = [row(LOGITS, LOGITS), row(LOGITS, best), row(best, nucleus), row(nucleus, nucleus / 2)]
    check(found, dict(zip(("logits", "top_k", "top_p", "temperature"), expected, strict=True)))


def test_penalties_and_a_models_own_stages_change_the_entropy_and_may_remove() -> None:
    penalised = LOGITS.clone()
    for token in set(IDS):
        penalised[token] = penalised[token] * 1.5 if penalised[token] < 0 else penalised[token] / 1.5
    forbidden = penalised.clone()
    forbidden[:40] = -math.inf

    def suppress(_: Tensor, scores: Tensor) -> Tensor:
        scores[:, :40] = -math.inf
        return scores

    found = shown({"repetition_penalty": 1.5}, suppress_tokens=suppress)
    expected = [row(LOGITS, LOGITS), row(LOGITS, penalised), row(penalised, forbidden)]
    check(found, dict(zip(("logits", "repetition_penalty", "suppress_tokens"), expected, strict=True)))


def test_with_nothing_in_force_there_is_the_models_own_distribution_only() -> None:
    check(shown({}), {"logits": row(LOGITS, LOGITS)})


def test_greedy_decoding_skips_the_cuts_and_leaves_the_best() -> None:
    found = shown({"do_sample": False, "top_k": 30, "temperature": 0.5})
    check(found, {"logits": row(LOGITS, LOGITS), "greedy": [WIDTH, 1, 1 - float(torch.softmax(LOGITS, 0).max()), 0.0]})


def test_equal_tokens_at_the_edge_count_as_the_cut_has_kept_them() -> None:
    flat = torch.zeros(8)
    plot = look({"top_p": 0.5}, at=place(flat), plot=PlotRequest("stages", 60)).plot
    view = look({"top_p": 0.5}, at=place(flat))
    assert array("f", plot.series["top_p"]).tolist() == pytest.approx(
        [8, view.kept, 1 - view.kept / 8, math.log2(view.kept)]
    )


@settings(max_examples=300, deadline=None)
@given(hidden())
def test_of_a_head_every_number_that_is_told_is_the_truth(case: Hidden) -> None:
    head, whole = both(case)
    found, truth = stage_effects(head), stage_effects(whole)
    assert [effect.stage for effect in found] == [effect.stage for effect in truth]
    for mine, real in zip(found, truth, strict=True):
        for number, true in zip(mine[1:3], real[1:3], strict=True):
            assert math.isnan(number) or number == true
        assert math.isnan(mine.removed) or mine.removed == pytest.approx(real.removed, abs=2e-4)
        assert math.isnan(mine.entropy) or mine.entropy == pytest.approx(real.entropy, rel=3e-4, abs=3e-4)
    if head.undecided is None:
        assert found[-1].after == head.kept and found[-1].entropy == pytest.approx(head.entropy.final, abs=1e-5)
