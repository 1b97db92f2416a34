"""Any order of the stages: against a reference in plain Python; llama.cpp's rules in tables of tiny distributions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.oracle import settings_of
from tests.sampling.test_stages_tables import FLAT, HALVES, MIXED, O
from tui.core.candidates import Cut
from tui.core.order import stage_order
from tui.core.settings import Given
from tui.sampling.chain import build_chain
from tui.sampling.cuts import ChainResult, apply_chain, describe_cuts
from tui.sampling.ranking import Ranking
from tui.sampling.scoring import score

IDS = torch.tensor([[0]])
CLOSE = 1e-5
"""A threshold nearer to a sum or a probability is left to the last bits of float32."""

TABLE = [
    # settings, probabilities in → probabilities kept, before renormalising, by llama.cpp's rules
    ({"top_k": 2}, MIXED, [O, 0.4, O, 0.3]),
    ({"top_k": 4}, HALVES, [0.5, 0.25, 0.125, 0.0625]),  # exactly four, though the fifth equals the fourth
    ({"top_k": 1}, FLAT, [0.25]),
    ({"top_k": 9}, MIXED, MIXED),
    ({"top_p": 0.1}, MIXED, [O, 0.4, O, O]),
    ({"top_p": 0.41}, MIXED, [O, 0.4, O, 0.3]),
    ({"top_p": 0.5}, HALVES, [0.5, O, O, O, O]),  # 0.5 reaches 0.5
    ({"top_p": 0.7501}, HALVES, [0.5, 0.25, 0.125, O, O]),
    ({"top_p": 0.9375}, HALVES, [0.5, 0.25, 0.125, 0.0625]),  # one of the two equal ones reaches it
    ({"top_p": 0.5}, FLAT, [0.25, 0.25]),
    ({"min_p": 0.26}, MIXED, [O, 0.4, 0.2, 0.3]),
    ({"min_p": 1.0}, MIXED, [O, 0.4, O, O]),
    ({"min_p": 1.0}, FLAT, FLAT),
    ({"typical_p": 0.2}, HALVES, [O, 0.25, O, O, O]),
    ({"typical_p": 0.3}, HALVES, [0.5, 0.25, O, O, O]),
    ({"typical_p": 0.3}, FLAT, [0.25, 0.25]),  # of equal tokens so many that the sum is above p
    ({"epsilon_cutoff": 0.15}, MIXED, [O, 0.4, 0.2, 0.3]),  # transformers' rule: llama.cpp has none
]


def run(row: torch.Tensor, given_: Given, *, ranked: bool) -> ChainResult:
    chain = build_chain(settings_of(**given_))
    scored = score(chain, IDS, row)
    return apply_chain(chain, IDS, scored, Ranking(row, scored).order if ranked else None)


@pytest.mark.parametrize("temperature", [1.0, 3.0])
@pytest.mark.parametrize(("given_", "probabilities", "kept"), TABLE, ids=str)
def test_llama_cpps_cuts_keep_the_same_at_every_temperature(given_, probabilities, kept, temperature) -> None:
    row = torch.tensor(probabilities).log()
    for ranked in (False, True):
        applied = run(row, {**given_, "temperature": temperature, "order": "llama.cpp"}, ranked=ranked)
        stay = applied.scores[0] > -math.inf
        assert torch.equal(applied.scores[0, stay], (row / temperature)[stay] if temperature != 1 else row[stay])
        if len(kept) == len(probabilities) and probabilities is not FLAT:
            assert stay.tolist() == [probability > 0 for probability in kept]
        assert sorted(row[stay].exp().tolist()) == pytest.approx(sorted(p for p in kept if p))


def test_of_equal_tokens_at_an_edge_those_stay_that_the_list_shows_first() -> None:
    row = torch.randint(0, 4, (3000,), generator=torch.Generator().manual_seed(1)).float()
    for given_ in ({"top_k": 100}, {"top_p": 0.3}, {"top_k": 2000, "top_p": 0.5}):
        settings: Given = {**given_, "order": "llama.cpp"}
        chain = build_chain(settings_of(**settings))
        ranking = Ranking(row, score(chain, IDS, row))
        for ranked in (False, True):
            applied = run(row, settings, ranked=ranked)
            kept = applied.kept_sets[-1]
            best = ranking.tokens[: kept.count]
            assert kept.splits_tie and applied.exact
            assert kept.left[0, best].all()


def test_temperature_last_changes_what_is_drawn_and_not_what_is_kept() -> None:
    row = torch.randn(500, generator=torch.Generator().manual_seed(3)) * 3
    cold, hot = (
        run(row, {"top_p": 0.9, "temperature": value, "order": "llama.cpp"}, ranked=False) for value in (0.5, 2.0)
    )
    first = run(row, {"top_p": 0.9, "temperature": 2.0}, ranked=False)
    assert cold.kept_sets[-1].count == hot.kept_sets[-1].count < first.kept_sets[-1].count
    assert not torch.equal(cold.scores, hot.scores)


def described(row: torch.Tensor, given_: Given) -> tuple[dict[str, Cut], torch.Tensor, torch.Tensor]:
    """Cuts by stage; the probabilities before the temperature, and after it, in rank order."""
    chain = build_chain(settings_of(**given_))
    applied = apply_chain(chain, IDS, score(chain, IDS, row))
    before, after = (torch.softmax(scores, -1) for scores in (applied.base, applied.tempered))
    cuts = describe_cuts(chain, applied, IDS, after if chain.sums_tempered else before)
    ranked = row.argsort(descending=True)
    return {cut.stage: cut for cut in cuts}, before[0, ranked], after[0, ranked]


def test_a_cut_is_described_in_the_probabilities_that_top_p_sees() -> None:
    """So that p times the mass before top-p is where the cumulative curve crosses its cut, in any order."""
    row = torch.randn(400, generator=torch.Generator().manual_seed(4)) * 2
    for order in ("transformers", "llama.cpp", "top_k,temperature,top_p", "top_p,top_k,temperature"):
        given_: Given = {"temperature": 2.0, "top_k": 90, "top_p": 0.7, "order": order}
        cuts, before, after = described(row, given_)
        tempered = order in ("transformers", "top_k,temperature,top_p")
        curve = (after if tempered else before).double().cumsum(0)
        reached = cuts["top_k"].mass if stage_order(order).index("top_k") < stage_order(order).index("top_p") else 1.0
        left = cuts["top_p"].left
        assert curve[left - 1] >= 0.7 * reached - CLOSE > curve[left - 2] - 2 * CLOSE
        assert cuts["top_p"].mass == pytest.approx(float(curve[left - 1]))
        alone = int((curve < 0.7).sum()) + 1
        assert cuts["top_p"].alone == alone


# -- against plain Python ---------------------------------------------------------------------------------------------

CUTS = ("top_k", "top_p", "min_p", "epsilon_cutoff")


def softmax(scores: Sequence[float]) -> list[float]:
    weights = [math.exp(score - max(scores)) for score in scores]
    return [weight / math.fsum(weights) for weight in weights]


def apart(values: Sequence[float], threshold: float) -> None:
    assume(all(abs(value - threshold) > CLOSE for value in values))


def kept_by(name: str, probabilities: list[float], value: float, llama: bool) -> int:
    """How many of these probabilities, best first, a cut keeps."""
    if name == "top_k":
        k = min(int(value), len(probabilities))
        return k if llama else sum(one >= probabilities[k - 1] for one in probabilities)
    if name == "top_p":
        sums = [math.fsum(probabilities[: size + 1]) for size in range(len(probabilities))]
        apart(sums, value)
        return next((size for size, total in enumerate(sums, 1) if total >= value), len(sums))
    threshold = value * probabilities[0] if name == "min_p" else value
    apart(probabilities, threshold)
    return max(sum(one >= threshold for one in probabilities), sum(one == probabilities[0] for one in probabilities))


def reference(row: Sequence[float], given_: Given) -> tuple[list[float], list[float]]:
    """(the scores that are left, best first and tempered; their probabilities)."""
    scores, llama = sorted(row, reverse=True), given_["order"] == "llama.cpp"
    for name in stage_order(str(given_["order"])):
        value = float(given_.get(name) or 0)
        if name == "temperature":
            scores = [score / value for score in scores]
        elif name in CUTS and name in given_:
            scores = scores[: kept_by(name, softmax(scores), value, llama)]
    return scores, softmax(scores)


orders = st.sampled_from(["llama.cpp", "transformers"]) | st.permutations([*CUTS, "temperature"]).map(",".join)
cuts_given = st.fixed_dictionaries(
    {"temperature": st.floats(0.3, 4)},
    optional={
        "top_k": st.integers(1, 30), "top_p": st.floats(0.05, 0.99), "min_p": st.floats(0.001, 0.9),
        "epsilon_cutoff": st.floats(0.001, 0.3),
    },
)  # fmt: skip


@given(st.lists(st.integers(-40, 40), min_size=2, max_size=25), orders, cuts_given)
def test_any_order_keeps_and_weighs_what_plain_python_does(steps, order, values) -> None:
    row = torch.tensor(steps) / 8  # eighths are exact, and often equal
    given_: Given = {**values, "order": order}
    scores, probabilities = reference(row.tolist(), given_)
    for ranked in (False, True):
        applied = run(row, given_, ranked=ranked)
        left = applied.scores[0][applied.scores[0] > -math.inf].sort(descending=True).values
        assert left.tolist() == pytest.approx(scores)
        final = torch.softmax(applied.scores, -1)[0].sort(descending=True).values[: len(scores)]
        assert final.tolist() == pytest.approx(probabilities, abs=1e-5)
