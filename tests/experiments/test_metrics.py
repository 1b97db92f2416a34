"""The measures on texts so short that their numbers can be worked out by hand."""

from __future__ import annotations

import math

import pytest

from tui.experiments.metrics import (
    distinct,
    looping,
    loops,
    mean,
    mean_logprob,
    ngrams,
    perplexity,
    repetition,
)

A, B, C, D, E, F = range(6)


def test_the_mean_log_probability_is_over_all_tokens_not_over_the_texts() -> None:
    """Bits 1, 1 and 4: probabilities 1/2, 1/2, 1/16, whose mean ln is −2 ln 2."""
    assert mean_logprob([[1.0, 1.0], [4.0]]) == pytest.approx(-2 * math.log(2))
    assert math.isnan(mean_logprob([[], []]))


def test_perplexity_is_the_number_of_equally_probable_tokens() -> None:
    assert perplexity(mean_logprob([[3.0, 3.0]])) == pytest.approx(8)
    assert perplexity(mean_logprob([[1.0], [3.0]])) == pytest.approx(4)
    assert math.isnan(perplexity(math.nan))
    assert perplexity(-1e6) == math.inf
    assert perplexity(-math.inf) == math.inf


@pytest.mark.parametrize(
    ("size", "different"),
    # A B A B A: {A, B}, {AB, BA}, {ABA, BAB}. B C: {B, C}, {BC}, nothing.
    [(1, 3), (2, 3), (3, 2), (4, 2), (6, 0)],
)
def test_distinct_counts_different_ngrams_of_all_texts_over_all_tokens(size: int, different: int) -> None:
    assert distinct([[A, B, A, B, A], [B, C]], size) == pytest.approx(different / 7)


def test_no_ngram_spans_two_texts() -> None:
    assert ngrams([A, B, C], 2) == [(A, B), (B, C)]
    assert distinct([[A], [B]], 2) == 0


def test_of_no_token_nothing_is_known() -> None:
    assert all(math.isnan(value) for value in (distinct([[], []], 1), repetition([[]]), looping([]), mean([])))


def test_repetition_is_the_share_of_fourgrams_that_their_own_text_had_before() -> None:
    """A×7 has four 4-grams, one different: 3/4. A…F has three, all different: 0. A B C has none and does not count."""
    assert repetition([[A] * 7]) == pytest.approx(3 / 4)
    assert repetition([[A] * 7, [A, B, C, D, E, F], [A, B, C]]) == pytest.approx(3 / 8)


def test_another_text_s_fourgrams_are_no_repetition() -> None:
    assert repetition([[A, B, C, D], [A, B, C, D]]) == 0


@pytest.mark.parametrize(
    ("ids", "in_a_loop"),
    [
        ([C, A, B, A, B, A, B], True),
        ([A, B, A, B, A, B, C], False),  # not at the end
        ([A, B, A, B], False),  # twice only
        ([A, A, A], False),  # a phrase has two tokens at least
        ([A, A, A, A, A, A], True),
        ([D, A, B, C, A, B, C, A, B, C], True),
        ([A, B, C, A, B, C, A, B, D], False),
        ([], False),
    ],
)
def test_a_loop_is_a_phrase_of_two_tokens_or_more_three_times_at_the_end(ids: list[int], in_a_loop: bool) -> None:
    assert loops(ids) is in_a_loop


def test_looping_is_a_share_of_the_texts() -> None:
    assert looping([[A, B] * 3, [A, B, C], [A] * 6, [A]]) == 0.5
