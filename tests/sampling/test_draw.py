"""The draw: generate()'s own token; the same random numbers at the same position, whatever was drawn before."""

from __future__ import annotations

import random

import pytest
import torch
from torch import Tensor

from tui.sampling.draw import SEEDS_KEPT, DrawStream, DrawStreams, ForwardStream, Noise, draw_many

WIDTHS = (2, 3, 5, 17, 1000, 8192, 50_257)
"""Vocabulary sizes, odd and tiny ones too, because the generator advances in blocks."""


def probabilities_for(width: int, seed: int, removed: float = 0.3) -> Tensor:
    """Probabilities [1, V], some of them 0, as after a cut."""
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(1, width, generator=generator) * 3
    gone = torch.rand(1, width, generator=generator) < removed
    gone[0, scores.argmax()] = False
    return torch.softmax(scores.masked_fill(gone, -torch.inf), -1)


def as_generate_draws(rows: list[Tensor], seed: int) -> list[int]:
    """The tokens that torch.manual_seed and one torch.multinomial call for each step give."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return [int(torch.multinomial(row, num_samples=1)) for row in rows]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("seed", [0, 42, -1, 2**63 + 5])
def test_draws_in_sequence_are_those_of_generate(width: int, seed: int) -> None:
    rows = [probabilities_for(width, step) for step in range(12)]
    stream = DrawStream(seed, width)
    assert [stream.draw(row, i) for i, row in enumerate(rows)] == as_generate_draws(rows, seed)


@pytest.mark.parametrize("width", WIDTHS)
def test_what_would_be_drawn_is_what_is_drawn_fifty_of_fifty(width: int) -> None:
    for position in (0, 1, 7, 30):
        stream, shown = DrawStream(position, width), DrawStream(position, width)
        first = probabilities_for(width, position)
        for trial in range(50):
            row = first.roll(trial)
            assert shown.would_draw(row, position) == stream.draw(row, position)


@pytest.mark.parametrize("width", WIDTHS)
def test_luck_belongs_to_the_position_not_to_the_way_there(width: int) -> None:
    rows = [probabilities_for(width, step) for step in range(40)]
    expected = as_generate_draws(rows, 7)
    stream, order = DrawStream(7, width), random.Random(1).sample(range(40), 40)
    assert {i: stream.draw(rows[i], i) for i in order} == dict(enumerate(expected))
    assert stream.draw(rows[3], 3) == stream.draw(rows[3], 3) == expected[3]


@pytest.mark.parametrize("width", WIDTHS)
def test_looking_and_drawing_do_not_disturb_each_other(width: int) -> None:
    rows = [probabilities_for(width, step) for step in range(10)]
    expected, stream, dice = as_generate_draws(rows, 3), DrawStream(3, width), random.Random(4)
    for _ in range(60):
        at = dice.randrange(10)
        one = stream.would_draw if dice.random() < 0.5 else stream.draw
        assert one(rows[at], at) == expected[at]


@pytest.mark.parametrize("width", WIDTHS)
def test_skipping_ahead_uses_up_exactly_the_draws_between(width: int) -> None:
    """Both ways to skip a draw, the fast and the slow one, advance the generator as the draw itself does."""
    rows = [probabilities_for(width, step) for step in range(25)]
    expected = as_generate_draws(rows, 11)
    cheap, dear = DrawStream(11, width), DrawStream(11, width)
    dear._burner = None
    for at in (24, 2, 24, 13):
        assert cheap.draw(rows[at], at) == dear.draw(rows[at], at) == expected[at]


def test_the_cheap_way_to_skip_is_in_use_on_this_torch() -> None:
    assert all(DrawStream(0, width)._burner is not None for width in WIDTHS)


def test_a_removed_token_is_never_drawn() -> None:
    row = probabilities_for(50, 1, removed=0.9)
    stream = DrawStream(5, 50)
    assert all(row[0, stream.draw(row, i)] > 0 and row[0, stream.would_draw(row, i)] > 0 for i in range(300))


def test_the_global_generator_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    stream, row = DrawStream(1, 9), probabilities_for(9, 0)
    stream.draw(row, 5)
    stream.would_draw(row, 2)
    draw_many(row, 100, 1, 0)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_only_the_last_few_seeds_are_kept_and_come_back_the_same() -> None:
    streams, rows = DrawStreams(100), [probabilities_for(100, step) for step in range(6)]
    first = [streams[1].draw(row, i) for i, row in enumerate(rows)]
    kept = streams[1]
    assert streams[1] is kept
    for seed in range(2, 2 + SEEDS_KEPT):
        streams[seed].draw(rows[0], 0)
    assert streams[1] is not kept
    assert [streams[1].draw(row, i) for i, row in enumerate(rows)] == first


def test_a_thousand_draws_come_up_as_often_as_they_should() -> None:
    row = torch.tensor([[0.5, 0.25, 0.2, 0.05, 0.0]])
    counts = draw_many(row, 100_000, seed=42, position=3)
    assert counts.sum() == 100_000
    assert counts[4] == 0
    assert (counts / 100_000).tolist() == pytest.approx(row[0].tolist(), abs=0.006)  # four standard deviations


def test_many_draws_are_the_same_for_the_same_seed_and_position_only() -> None:
    row = probabilities_for(200, 1)
    here = draw_many(row, 1000, 42, 3)
    assert torch.equal(here, draw_many(row, 1000, 42, 3))
    assert not torch.equal(here, draw_many(row, 1000, 42, 4))
    assert not torch.equal(here, draw_many(row, 1000, 43, 3))
    assert int(draw_many(row, 1000, -1, 0).sum()) == int(draw_many(row, 1000, 2**64 - 1, 9).sum()) == 1000


# -- noise for stages that draw --------------------------------------------------------------------------------------


def test_noise_is_the_same_for_the_same_seed_position_and_stage_and_for_nothing_else() -> None:
    given = [(42, 0, "a"), (42, 1, "a"), (43, 0, "a"), (42, 0, "b"), (4, 20, "a")]
    drawn = [Noise(seed, position).uniform(stage) for seed, position, stage in given]
    assert drawn == [Noise(seed, position).uniform(stage) for seed, position, stage in given]
    assert len(set(drawn)) == len(given)


def test_noise_is_even_from_0_to_1() -> None:
    drawn = sorted(Noise(42, position).uniform("a") for position in range(4000))
    assert drawn[0] >= 0 and drawn[-1] < 1
    assert max(abs(value - (rank + 0.5) / 4000) for rank, value in enumerate(drawn)) < 0.03


def test_a_stream_that_only_goes_forward_draws_the_same() -> None:
    rows = torch.softmax(torch.randn(6, 1, 500, generator=torch.Generator().manual_seed(1)), -1)
    forward, any_way = ForwardStream(7), DrawStream(7, 500)
    assert [forward.draw(row, i) for i, row in enumerate(rows)] == [any_way.draw(row, i) for i, row in enumerate(rows)]
    with pytest.raises(ValueError, match="draw 3 is not the next one"):
        forward.draw(rows[0], 3)
