"""A view's numbers against numpy's in float64, from the same logits."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.engine.looking import CLOSE, IDS, WIDTH, look, place
from tests.fake_model import Letters, fake_row
from tui.core.settings import Given
from tui.errors import RunError
from tui.protocol import PlotRequest, Viewed
from tui.sampling.draw import DrawStream, draw_many


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


@dataclass
class Expected:
    """A distribution worked out with numpy, in rank order."""

    order: NDArray[np.int64]
    logits: NDArray[np.float64]
    raw: NDArray[np.float64]
    tempered: NDArray[np.float64]
    final: NDArray[np.float64]
    removed: list[str]


def worked_out(temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0, penalty: float = 1.0) -> Expected:
    """Top-k, then top-p of what top-k left, by their definitions."""
    logits = fake_row(IDS, WIDTH).double().numpy()
    scores = logits.copy()
    for token in set(IDS):
        scores[token] = scores[token] * penalty if scores[token] < 0 else scores[token] / penalty
    order = np.argsort(-scores, kind="stable")
    tempered = softmax(scores / temperature)[order]
    removed = [""] * WIDTH
    kept = tempered.copy()
    if top_k:
        removed[top_k:] = ["top_k"] * (WIDTH - top_k)
        kept[top_k:] = 0
    before = np.concatenate([[0], np.cumsum(kept / kept.sum())[:-1]])
    removed = [name or ("top_p" if share >= top_p else "") for name, share in zip(removed, before, strict=True)]
    kept[[name != "" for name in removed]] = 0
    return Expected(order, logits[order], softmax(logits)[order], tempered, kept / kept.sum(), removed)


CHOICES = [
    {},
    {"temperature": 0.6},
    {"top_k": 20},
    {"top_p": 0.8},
    {"temperature": 1.7, "top_k": 30, "top_p": 0.9},
]


@pytest.mark.parametrize("given", CHOICES)
def test_every_row_is_what_the_logits_say(given: Given) -> None:
    expected = worked_out(**given)  # type: ignore[arg-type]
    rows = look(given, window=(0, WIDTH)).candidates
    assert [row.rank for row in rows] == list(range(1, WIDTH + 1))
    assert [row.token for row in rows] == expected.order.tolist()
    assert [row.logit for row in rows] == pytest.approx(expected.logits.tolist(), **CLOSE)
    assert [row.raw for row in rows] == pytest.approx(expected.raw.tolist(), **CLOSE)
    assert [row.tempered for row in rows] == pytest.approx(expected.tempered.tolist(), **CLOSE)
    assert [row.final for row in rows] == pytest.approx(expected.final.tolist(), **CLOSE)
    assert [row.cumulative for row in rows] == pytest.approx(np.cumsum(expected.tempered).tolist(), **CLOSE)
    assert [row.removed_by for row in rows] == expected.removed
    assert look(given).best == pytest.approx(rows[0].tempered)
    assert [row.piece for row in rows] == [Letters(WIDTH).piece(row.token) for row in rows]
    assert [row.token for row in rows if row.special] == [WIDTH - 1]


@pytest.mark.parametrize("given", CHOICES)
def test_what_is_kept_and_how_uncertain_it_is(given: Given) -> None:
    expected, viewed = worked_out(**given), look(given)  # type: ignore[arg-type]
    kept = [name == "" for name in expected.removed]
    assert viewed.kept == sum(kept)
    assert viewed.kept_mass == pytest.approx(expected.tempered[kept].sum(), **CLOSE)
    for bits, p in ((viewed.entropy.raw, expected.raw), (viewed.entropy.tempered, expected.tempered),
                    (viewed.entropy.final, expected.final[kept])):  # fmt: skip
        assert bits == pytest.approx(-(p * np.log2(p)).sum(), **CLOSE)
    assert [cut.stage for cut in viewed.cuts] == [name for name in ("top_k", "top_p") if name in given]


def test_penalties_rank_again_and_logits_and_raw_stay_the_models() -> None:
    expected, viewed = worked_out(penalty=2.0), look({"repetition_penalty": 2.0}, window=(0, WIDTH))
    assert [row.token for row in viewed.candidates] == expected.order.tolist()
    assert [row.logit for row in viewed.candidates] == pytest.approx(expected.logits.tolist(), **CLOSE)
    assert [row.raw for row in viewed.candidates] == pytest.approx(expected.raw.tolist(), **CLOSE)
    assert [row.tempered for row in viewed.candidates] == pytest.approx(expected.tempered.tolist(), **CLOSE)


def test_cuts_say_what_they_keep_alone_and_in_the_chain() -> None:
    given: Given = {"top_k": 10, "top_p": 0.7}
    expected, by_k, by_p = worked_out(**given), worked_out(top_k=10), worked_out(top_p=0.7)  # type: ignore[arg-type]
    top_k, top_p = look(given).cuts
    assert (top_k.alone, top_k.left) == (10, 10)
    assert top_k.mass == pytest.approx(by_k.tempered[:10].sum(), **CLOSE)
    assert (top_p.alone, top_p.left) == (by_p.removed.count(""), expected.removed.count(""))
    assert top_p.alone > top_p.left
    assert top_p.mass == pytest.approx(expected.tempered[: top_p.left].sum(), **CLOSE)


def test_a_view_repeats_what_it_answers() -> None:
    viewed = look({"top_k": 3}, id=9, seed=11, draws=5)
    assert (viewed.id, viewed.slot, viewed.at, viewed.revision) == (9, "main", 5, 7)
    assert (viewed.given, viewed.seed, viewed.draws, viewed.vocabulary) == ({"top_k": 3}, 11, 5, WIDTH)
    assert viewed.candidates == viewed.found == []
    assert viewed.plot is None


# -- windows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "ranks"),
    [
        ((0, 3), [1, 2, 3]), ((10, 2), [11, 12]), ((WIDTH - 2, 5), [WIDTH - 1, WIDTH]), ((WIDTH, 5), []),
        ((WIDTH + 50, 5), []), ((-4, 2), [1, 2]), ((0, 0), []), ((3, -1), []),
    ],
)  # fmt: skip
def test_a_window_ends_where_the_vocabulary_does(asked: tuple[int, int], ranks: list[int]) -> None:
    whole = {row.rank: row for row in look(window=(0, WIDTH)).candidates}
    viewed = look(window=asked)
    assert viewed.candidates == [whole[rank] for rank in ranks]
    assert viewed.first == max(0, asked[0])


def test_tokens_are_found_by_text_or_number_with_their_ranks_best_match_first() -> None:
    whole = {row.token: row for row in look({"top_k": 5}, window=(0, WIDTH)).candidates}
    assert look({"top_k": 5}, find="#17").found == [whole[17]]
    found = look({"top_k": 5}, find="<4").found
    assert [row.token for row in found] == Letters(WIDTH).matches("<4", 50)
    assert found == [whole[row.token] for row in found]
    assert look(find="no such text").found == []


# -- curves ----------------------------------------------------------------------------------------------------------


def points(viewed: Viewed) -> tuple[list[int], list[float], list[float]]:
    assert viewed.plot is not None and viewed.plot.id == "cumulative"
    ranks, raw, tempered = (np.frombuffer(viewed.plot.series[name], "<f4") for name in ("ranks", "raw", "tempered"))
    return ranks.astype(int).tolist(), raw.tolist(), tempered.tolist()


@pytest.mark.parametrize("scale", ["log", "linear"])
@pytest.mark.parametrize("width", [1, 2, 40, 1000])
@pytest.mark.parametrize("ends", [(1, 0), (5, 60), (WIDTH, 0), (0, 10_000), (60, 5)])
def test_curves_are_exact_at_their_ranks_and_hold_both_ends(scale: str, width: int, ends: tuple[int, int]) -> None:
    expected = worked_out(temperature=1.5)
    ranks, raw, tempered = points(look({"temperature": 1.5}, plot=PlotRequest("cumulative", width, scale, *ends)))
    low = min(max(1, ends[0]), WIDTH)
    high = WIDTH if ends[1] <= 0 else min(max(low, ends[1]), WIDTH)
    assert (ranks[0], ranks[-1]) == (low, high)
    assert all(one < other for one, other in itertools.pairwise(ranks))
    assert len(ranks) <= max(2, width)
    assert raw == pytest.approx(np.cumsum(expected.raw)[np.array(ranks) - 1].tolist(), rel=1e-5)
    assert tempered == pytest.approx(np.cumsum(expected.tempered)[np.array(ranks) - 1].tolist(), rel=1e-5)


def test_ranks_are_even_on_the_axis_they_are_for() -> None:
    logs = np.diff(np.log(points(look(plot=PlotRequest("cumulative", 12, "log", 20, 0)))[0]))
    steps = np.diff(points(look(plot=PlotRequest("cumulative", 12, "linear", 20, 0)))[0])
    assert logs.max() - logs.min() < 0.05
    assert steps.max() - steps.min() <= 1


@pytest.mark.parametrize("bins", [1, 30, 400])
@pytest.mark.parametrize("given", [*CHOICES, {"temperature": 0.25, "top_k": 9}])
def test_a_histogram_counts_every_candidate_once_where_its_probability_lies(given: Given, bins: int) -> None:
    expected = worked_out(**given)  # type: ignore[arg-type]
    plot = look(given, plot=PlotRequest("histogram", bins)).plot
    assert plot is not None
    edges, kept, removed = (np.frombuffer(plot.series[name], "<f4") for name in ("edges", "kept", "removed"))
    assert edges == pytest.approx(np.logspace(-10, 0, bins + 1), rel=1e-5)
    left = np.array([name == "" for name in expected.removed])
    limits = [0.0, *np.logspace(-10, 0, bins + 1)[:-1], 1.1]
    for counts, mask in ((kept, left), (removed, ~left)):
        assert counts.sum() == mask.sum()
        assert abs(counts - np.histogram(expected.tempered[mask], limits)[0]).sum() <= 2  # one may lie on an edge


@pytest.mark.parametrize(
    "given", [{}, {"temperature": 0.7}, {"temperature": 1.6, "repetition_penalty": 1.3, "top_k": 5}]
)
def test_probabilities_under_temperatures_are_the_softmax_of_the_divided_scores_best_first(given: Given) -> None:
    plot = look(given, plot=PlotRequest("temperatures", 40)).plot
    assert plot is not None
    found = {name: np.frombuffer(data, "<f4") for name, data in plot.series.items()}
    ranks = found["ranks"].astype(int)
    assert (ranks[0], ranks[-1]) == (1, WIDTH)
    own = given.get("temperature", 1.0)
    for name, value in {"half": 0.5, "one": 1.0, "two": 2.0, "now": own}.items():
        expected = worked_out(temperature=float(value or 1), penalty=float(given.get("repetition_penalty") or 1))
        assert found[name].tolist() == pytest.approx(expected.tempered[ranks - 1].tolist(), rel=1e-5)


def test_cumulative_sums_over_a_whole_vocabulary_are_float64() -> None:
    row = torch.randn(150_000, generator=torch.Generator().manual_seed(0)) * 1e-3
    expected = np.cumsum(torch.softmax(row, 0).sort(descending=True).values.double().numpy())
    rows = look(at=place(row), window=(149_990, 10)).candidates
    assert [row.cumulative for row in rows] == pytest.approx(np.minimum(expected[-10:], 1.0).tolist(), rel=1e-12)
    even = torch.zeros(2**17)  # each probability is a power of two, so that the sum is exactly 1 on any processor
    assert look(at=place(even), window=(2**17 - 1, 1)).candidates[-1].cumulative == 1.0


# -- draws -----------------------------------------------------------------------------------------------------------


def test_draws_are_counted_beside_their_rows() -> None:
    given: Given = {"top_k": 12}
    viewed = look(given, window=(0, WIDTH), draws=500, seed=3)
    final = torch.zeros(1, WIDTH)
    for row in viewed.candidates:
        final[0, row.token] = row.final
    counts = draw_many(torch.softmax(place().logits.masked_fill(final[0] == 0, -math.inf), 0)[None], 500, 3, 2)
    assert sum(row.count for row in viewed.candidates) == 500
    assert [row.count for row in viewed.candidates] == [int(counts[row.token]) for row in viewed.candidates]
    assert all(row.count == 0 for row in look(given, window=(0, WIDTH)).candidates)


def test_the_token_this_seed_would_draw_is_the_one_it_draws() -> None:
    for seed in range(20):
        viewed = look({"temperature": 1.5, "top_p": 0.9}, seed=seed, window=(0, WIDTH))
        final = torch.zeros(1, WIDTH)
        for row in viewed.candidates:
            final[0, row.token] = row.final
        assert viewed.would_draw == DrawStream(seed, WIDTH).draw(final, 2)
        assert viewed.would == next(row for row in viewed.candidates if row.token == viewed.would_draw)


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_the_token_the_branch_goes_on_with_comes_as_a_candidate_wherever_it_stands(temperature: float) -> None:
    given: Given = {"temperature": temperature, "top_k": 5}
    rows = look(given, window=(0, WIDTH)).candidates
    for row in (rows[0], rows[9], rows[-1]):
        assert look(given, follow=row.token).followed == row
    assert look(given).followed is None


def test_greedy_would_draw_the_best_and_puts_everything_on_it() -> None:
    viewed = look({"do_sample": False, "temperature": 5.0}, window=(0, 3))
    assert viewed.would_draw == viewed.candidates[0].token
    assert [row.final for row in viewed.candidates] == [1.0, 0.0, 0.0]
    assert (viewed.kept, viewed.cuts) == (1, [])


# -- exact or provisional --------------------------------------------------------------------------------------------


def test_a_view_says_whether_the_tokens_at_an_edge_are_final() -> None:
    row = (torch.randn(3000, generator=torch.Generator().manual_seed(1)) * 4).round() / 2
    given: Given = {"top_k": 500, "top_p": 0.9}
    moving, resting = look(given, place(row), exact=False), look(given, place(row))
    assert (moving.exact, resting.exact) == (False, True)
    assert moving.kept == resting.kept
    assert [(cut.alone, cut.left) for cut in moving.cuts] == [(cut.alone, cut.left) for cut in resting.cuts]


def test_a_row_that_is_not_finite_is_refused() -> None:
    with pytest.raises(RunError, match="not finite"):
        look(at=place(torch.tensor([1.0, math.nan])))
