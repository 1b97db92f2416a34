"""Each stage against transformers' own class: count, kept set, and final probabilities, bit for bit.

The whole test: `pytest -m long tests/sampling/test_stages_oracle.py -s`.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor
from transformers import GenerationConfig, GenerationMixin
from transformers.generation import logits_process as hf

from tests.oracle import CUTS, KINDS, WARPERS, Case, make_case, settings_of, warp
from tui.core.candidates import Cut
from tui.engine.decide import finish
from tui.errors import RunError
from tui.models.generation import PROCESSOR_NAMES
from tui.sampling import stages
from tui.sampling.chain import build_chain
from tui.sampling.cuts import ChainResult, apply_chain, describe_cuts, edge_tie
from tui.sampling.ranking import Ranking
from tui.sampling.scoring import check_finite, score

SMALL, MIDDLE, LARGE = 4096, (8192, 32_000, 50_257), (128_256, 151_936, 262_144)


def plan(total: int, alone: int, wide: bool) -> Iterator[tuple[int, int, str, bool, list[str]]]:
    """(number, width, kind, bf16, stages) of each case: every stage alone `alone` times, then mixtures of stages."""
    dice = random.Random(2)
    for number in range(total):
        by_itself, size = number < alone * len(WARPERS), dice.random()
        least = 2 if by_itself or size < 0.3 else 400  # ties at an edge are likely only with many tokens
        width = round(least * (SMALL / least) ** dice.random())
        if size > (0.94 if wide else 0.99):
            width = dice.choice(LARGE if wide and size > 0.99 else MIDDLE)
        rounded = (number // len(WARPERS)) % 2 == 0
        kind = "coarse" if not by_itself and size < 0.6 else dice.choice(KINDS)
        if by_itself:
            names = [list(WARPERS)[number % len(WARPERS)]]
        else:
            names = [name for name in WARPERS if name == "top_p" or dice.random() < 0.3]
        yield number, width, kind, rounded, names


def check(case: Case, counted: Counter[str], sorts: list[Tensor]) -> None:
    """Check both paths of one case: the draw's, and the view's, which uses the order of the base scores."""
    chain = build_chain(settings_of(**case.given))
    scored = score(chain, case.ids, case.row)
    assert torch.equal(scored.base, case.base)
    drawn = apply_chain(chain, case.ids, scored)
    check_exactly(case, drawn)
    ranking = Ranking(case.row, scored)
    moving = apply_chain(chain, case.ids, scored, ranking.order, exact=False)
    assert counts(moving, case) == [int((after > -math.inf).sum()) for after in case.after.values()]
    sorts.clear()
    resting = apply_chain(chain, case.ids, scored, ranking.order, exact=True)
    counted["exact re-sort: view at rest"] += len(sorts)
    counted["provisional, exact re-sort put off: view moving"] += not moving.exact
    for applied in (moving, resting) if moving.exact else (resting,):
        check_exactly(case, applied)
    check_final(case, drawn, finish(case.row, case.ids, chain, scored, drawn).final)
    check_cuts(case, describe_cuts(chain, drawn, case.ids, torch.softmax(drawn.tempered, -1)))
    count(case, counted)


def counts(applied: ChainResult, case: Case) -> list[int]:
    return [kept_set.count for kept_set in applied.kept_sets if kept_set.stage in case.after]


def check_exactly(case: Case, applied: ChainResult) -> None:
    assert applied.exact
    assert torch.equal(applied.tempered, case.tempered)
    cuts = [kept_set for kept_set in applied.kept_sets if kept_set.stage in CUTS]
    assert [kept_set.stage for kept_set in cuts] == list(case.after)
    for kept_set, expected in zip(cuts, case.after.values(), strict=True):
        assert kept_set.count == int((expected > -math.inf).sum()), kept_set.stage
        assert torch.equal(case.tempered.masked_fill(~kept_set.left, -math.inf), expected), kept_set.stage


def check_final(case: Case, applied: ChainResult, final: Tensor) -> None:
    scores = list(case.after.values())[-1] if case.after else case.tempered
    assert torch.equal(applied.scores, scores)
    assert torch.equal(final, torch.softmax(scores, dim=-1))


def check_cuts(case: Case, cuts: list[Cut]) -> None:
    """Compare the described cuts: `alone` is how many transformers' class keeps of the tempered scores."""
    if len(case.row) > SMALL:
        return
    for cut in cuts:
        if cut.stage in CUTS:
            alone = warp(cut.stage, float(case.given[cut.stage] or 0), case.ids, case.tempered)
            assert cut.alone == int((alone > -math.inf).sum()), cut.stage


def count(case: Case, counted: Counter[str]) -> None:
    counted["rows"] += 1
    counted["bf16"] += torch.equal(case.row, case.row.bfloat16().float())
    before = case.tempered
    for name, after in case.after.items():
        tie = edge_tie(before, after)
        counted[f"edge inside a tie: {name}"] += tie is not None and tie[1] < tie[0]
        before = after
    if len(case.given) == 1:
        counted[f"alone: {next(iter(case.given))}"] += 1
    for name in case.given:
        counted[f"all: {name}"] += 1
        counted[f"exactly on a value: {name}"] += name in case.on_edge
    counted[f"kind: {case.kind}"] += 1
    band = next((f"V <= {top:,}" for top in (16, 256, 4096, 50_257) if len(case.row) <= top), "V > 50,257")
    counted[band] += 1


def run(total: int, alone: int, monkeypatch: pytest.MonkeyPatch, wide: bool = False) -> Counter[str]:
    """Check `total` cases, with `wide` more of them at real vocabulary sizes; counts of what occurred."""
    counted: Counter[str] = Counter()
    sorts: list[Tensor] = []
    whole = stages.FUNCTIONS["top_p"]

    def sorting(scores: Tensor, values: stages.Values, context: stages.StageContext) -> Tensor:
        sorts.append(scores)
        return whole(scores, values, context)

    monkeypatch.setitem(stages.FUNCTIONS, "top_p", sorting)
    for planned in plan(total, alone, wide):
        try:
            check(make_case(*planned), counted, sorts)
        except Exception as problem:
            raise AssertionError(f"case {planned}") from problem
    return counted


def test_stages_equal_transformers_on_some_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = run(400, 20, monkeypatch)
    assert counted["rows"] == 400
    assert counted["edge inside a tie: top_p"] > 50
    assert counted["exact re-sort: view at rest"] > 30
    assert counted["provisional, exact re-sort put off: view moving"] >= 3
    for name in WARPERS:
        assert counted[f"alone: {name}"] >= 15


@pytest.mark.long
def test_stages_equal_transformers_on_ten_thousand_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = run(10_000, 535, monkeypatch, wide=True)
    width = max(map(len, counted))
    print("\n" + "\n".join(f"{name:<{width}} {number:>7,}" for name, number in sorted(counted.items())))
    assert counted["rows"] == 10_000
    assert counted["edge inside a tie: top_p"] >= 2000
    assert counted["bf16"] >= 5000
    for name in WARPERS:
        assert counted[f"alone: {name}"] >= 500


# -- edge rows -------------------------------------------------------------------------------------------------------

INF = math.inf
EDGE_ROWS = {
    "all equal": [1.5] * 37,
    "all equal in the vectorised sort's width": [0.0] * 1024,
    "one-hot": [-INF] * 5 + [0.25] + [-INF] * 4,
    "one far above": [0.0] * 6 + [200.0],
    "minus infinity among others": [-INF, 1.0, -INF, 1.0, 0.5, -INF, 0.5],
    "two tokens": [0.3, -0.3],
    "two equal tokens": [0.0, -0.0],
    "underflow": [0.0, -120.0, -3e38, -5.0],
}
EDGE_VALUES = {
    "repetition_penalty": (1.3,),
    "temperature": (0.01, 5.0),
    "top_h": (1e-6, 0.5, 1.0),
    "top_k": (1, 2, 1000),
    "top_p": (1e-9, 0.5, 1 - 1e-9),
    "min_p": (0.0, 0.5, 1.0),
    "typical_p": (1e-9, 0.5, 1 - 1e-9),
    "epsilon_cutoff": (1e-9, 0.5, 0.999),
    "eta_cutoff": (1e-9, 0.5, 0.999),
}


@pytest.mark.parametrize("values", EDGE_ROWS.values(), ids=EDGE_ROWS)
def test_edge_rows(values: list[float]) -> None:
    row, ids = torch.tensor(values), torch.tensor([[0, 1]])
    for name, choices in EDGE_VALUES.items():
        for value in choices:
            chain = build_chain(settings_of(**{name: value}))
            scored = score(chain, ids, row)
            expected = warp(name, value, ids, row[None])
            assert torch.equal(apply_chain(chain, ids, scored).scores, expected), (name, value)
            ranked = apply_chain(chain, ids, scored, Ranking(row, scored).order, exact=True)
            assert torch.equal(ranked.scores, expected), (name, value)


@pytest.mark.parametrize(
    ("values", "bad"),
    [([math.nan, 1.0, 2.0], 1), ([INF, 1.0, math.nan], 2), ([INF, 0.0, 0.0], 1), ([-INF] * 3, 3)],
)
def test_a_row_that_cannot_be_ranked_is_refused_saying_how_many(values: list[float], bad: int) -> None:
    with pytest.raises(RunError, match=rf"{bad} of the model's 3 logits are not finite"):
        check_finite(torch.tensor(values))


def test_minus_infinity_alone_is_no_reason_to_refuse() -> None:
    check_finite(torch.tensor([-INF, 0.0]))


# -- the order of the stages -----------------------------------------------------------------------------------------


class Host(GenerationMixin):
    """The attributes of a model that generate() needs to build its processors."""

    class config:  # noqa: N801
        is_encoder_decoder = False


EVERYTHING = {
    "repetition_penalty": 1.2, "no_repeat_ngram_size": 2, "temperature": 0.7, "top_h": 0.9, "top_k": 20, "top_p": 0.9,
    "min_p": 0.01, "typical_p": 0.9, "epsilon_cutoff": 1e-4, "eta_cutoff": 1e-4,
}  # fmt: skip


@pytest.mark.parametrize("sampling", [True, False])
def test_the_default_order_is_the_one_in_which_generate_builds_its_processors(sampling: bool) -> None:
    given = {**EVERYTHING, "do_sample": sampling}
    config = GenerationConfig(**given)
    theirs = Host()._get_logits_processor(config, input_ids_seq_length=3)
    chain = build_chain(settings_of(**given))
    ours = [*chain.before, *([chain.temperature] if chain.temperature else []), *chain.after]
    assert [stage.name for stage in ours] == [PROCESSOR_NAMES[type(one).__name__] for one in theirs]


def test_the_oracle_is_transformers_own_classes() -> None:
    for name in WARPERS:
        assert type(WARPERS[name](EVERYTHING[name])).__module__ == hf.__name__
