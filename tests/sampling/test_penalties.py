"""Penalties against transformers' processors, over random ids: beyond the logits, repeated, and very few."""

from __future__ import annotations

import math

import pytest
import torch

from tests.oracle import KINDS, make_row, settings_of, warp
from tui.errors import RunError
from tui.sampling.chain import build_chain
from tui.sampling.cuts import apply_chain
from tui.sampling.scoring import score

CASES = 300


@pytest.mark.parametrize(
    ("name", "values"),
    [("repetition_penalty", (0.3, 0.9, 1.000001, 1.2, 50.0)), ("no_repeat_ngram_size", (1, 2, 3, 4, 7))],
)
def test_penalties_equal_transformers(name: str, values: tuple[float, ...]) -> None:
    changed = 0
    for number in range(CASES):
        generator = torch.Generator().manual_seed(number)
        width = int(torch.randint(2, 300, (), generator=generator))
        row = make_row(KINDS[number % len(KINDS)], width, generator)
        length = 1 + int(torch.randint(0, (4, 12, 60)[number % 3], (), generator=generator))
        ids = torch.randint(0, (4, 20, width + 9)[number % 3], (1, length), generator=generator)
        value = values[number % len(values)]
        expected = warp(name, value, ids, row[None])
        if expected.amax() == -math.inf:
            continue
        base = score(build_chain(settings_of(**{name: value})), ids, row).base
        assert torch.equal(base, expected), (number, value)
        changed += not torch.equal(base, row[None])
    assert changed > CASES / 6


def test_ids_beyond_the_row_are_no_reason_to_fail() -> None:
    row, ids = torch.tensor([1.0, -1.0]), torch.tensor([[5, 0, 7, 5, 0, 7, 5]])
    for name, value in (("repetition_penalty", 2.0), ("no_repeat_ngram_size", 2)):
        base = score(build_chain(settings_of(**{name: value})), ids, row).base
        assert torch.equal(base, warp(name, value, ids, row[None]))


def test_the_row_itself_is_left_alone() -> None:
    row = torch.tensor([1.0, -1.0, 0.5])
    for name, value in (("repetition_penalty", 2.0), ("no_repeat_ngram_size", 1)):
        score(build_chain(settings_of(**{name: value})), torch.tensor([[0, 1]]), row)
        assert row.tolist() == [1.0, -1.0, 0.5]


def test_a_penalty_that_leaves_nothing_is_named() -> None:
    chain = build_chain(settings_of(no_repeat_ngram_size=1, temperature=0.5))
    with pytest.raises(RunError, match="no_repeat_ngram_size leaves no token"):
        score(chain, torch.tensor([[0, 1]]), torch.tensor([1.0, 2.0]))


def test_penalties_come_before_temperature_and_also_for_greedy() -> None:
    row, ids = torch.tensor([3.0, 2.0]), torch.tensor([[0]])
    chain = build_chain(settings_of(repetition_penalty=2.0, temperature=0.5, do_sample=False))
    assert apply_chain(chain, ids, score(chain, ids, row)).scores.tolist() == [[1.5, 2.0]]
