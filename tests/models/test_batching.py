"""A batch's rows are the decoder's own logits but for rounding; a model whose state has no rows gives no batches."""

from __future__ import annotations

import pytest
import torch

from tests.models.tiny import CROPPABLE, FAMILIES, PROMPT, REPLAYED, decoder, model, source, tokenizer, watched_forwards
from tests.models.tiny import prefills as prefills_of
from tests.parity.families import WINDOW
from tui.core.progress import quiet
from tui.models.decoding import Shared

ROWS = 3
NEW = WINDOW + 4
"""So many new tokens leave the sliding window."""
CLOSE = 1e-4
"""Rows of a batch differ from the decoder's by less, in 32 bits."""


def texts(count: int = NEW) -> list[list[int]]:
    """One text a row, all different."""
    generator = torch.Generator().manual_seed(3)
    return torch.randint(300, (ROWS, count), generator=generator).tolist()


def single(family: str, text: list[int]) -> torch.Tensor:
    ids = [*PROMPT, *text]
    one = decoder(Shared(model(family), tokenizer()))
    return one.logits(ids, lambda _: None)


@pytest.mark.parametrize("family", CROPPABLE)
def test_every_row_is_the_decoder_s_past_the_sliding_window_too(family: str) -> None:
    batch = source(family).batches(PROMPT, quiet).start(ROWS)
    assert all(torch.equal(row, single(family, [])) for row in batch.logits)
    for column in zip(*texts(), strict=True):
        batch.feed(column, quiet)
    assert batch.ids.tolist() == [[*PROMPT, *text] for text in texts()]
    for row, text in zip(batch.logits, texts(), strict=True):
        assert (row - single(family, text)).abs().max() < CLOSE


@pytest.mark.parametrize("family", CROPPABLE)
def test_rows_that_are_left_out_change_none_of_the_others(family: str) -> None:
    batch = source(family).batches(PROMPT, quiet).start(ROWS)
    for column in zip(*(text[:5] for text in texts()), strict=True):
        batch.feed(column, quiet)
    batch.keep([2, 0])
    for column in zip(*(texts()[row][5:] for row in (2, 0)), strict=True):
        batch.feed(column, quiet)
    for row, text in zip(batch.logits, (texts()[2], texts()[0]), strict=True):
        assert (row - single(family, text)).abs().max() < CLOSE


@pytest.mark.parametrize("family", ["llama", "gpt2", "gemma3"])
def test_a_batch_of_one_row_is_the_decoder_to_the_bit(family: str) -> None:
    batch = source(family).batches(PROMPT, quiet).start(1)
    for count, token in enumerate(texts()[0], 1):
        batch.feed([token], quiet)
        assert torch.equal(batch.logits[0], single(family, texts()[0][:count]))


def test_the_prompt_is_read_once_for_any_number_of_batches() -> None:
    with watched_forwards(model("llama", "float32")) as calls:
        batches = source("llama").batches(PROMPT, quiet)
        for _ in range(3):
            batches.start(ROWS).feed([1, 2, 3], quiet)
    assert prefills_of(calls) == 1
    assert [call["input_ids"].shape for call in calls[1:]] == [(ROWS, 1)] * 3


def test_a_batch_leaves_the_next_one_and_the_decoder_as_they_were() -> None:
    batches = source("llama").batches(PROMPT, quiet)
    first = batches.start(ROWS)
    for column in zip(*texts(), strict=True):
        first.feed(column, quiet)
    second = batches.start(ROWS)
    for column in zip(*texts(), strict=True):
        second.feed(column, quiet)
    assert torch.equal(first.logits, second.logits)


@pytest.mark.parametrize("family", REPLAYED)
def test_where_the_state_has_no_row_a_text_there_are_no_batches(family: str) -> None:
    assert source(family).batches(PROMPT, quiet) is None


def test_a_row_s_memory_grows_with_its_text() -> None:
    batches = source("llama").batches(PROMPT, quiet)
    assert 0 < batches.row_bytes(100) * 2 == pytest.approx(batches.row_bytes(200), abs=2)


def test_every_family_of_the_suite_is_in_one_of_the_two_lists() -> None:
    assert {family for family, _ in FAMILIES} == {*CROPPABLE, *REPLAYED}
