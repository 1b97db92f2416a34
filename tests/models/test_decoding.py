"""The decoder's logits are generate()'s own, bit for bit, however a person steps, goes back and branches."""

from __future__ import annotations

import random

import pytest
import torch

from tests.models.tiny import (
    CROPPABLE,
    FAMILIES,
    PROMPT,
    REPLAYED,
    VOCABULARY,
    Rows,
    decoder,
    model,
    prefills,
    tokenizer,
    watched_forwards,
)
from tests.parity.families import WINDOW
from tests.parity.reference import OVERRIDES, rows_of
from tui.errors import RunError
from tui.models.decoding import SNAPSHOT_EVERY, Shared, _cache_names, cache_in

LONG = 3 * WINDOW - 4
"""How many new tokens: far more than the sliding window."""


def tokens(count: int, seed: int = 0) -> list[int]:
    chance = random.Random(seed)
    return [chance.randrange(VOCABULARY) for _ in range(count)]


def nothing_kept(_length: int) -> None:
    return None


@pytest.fixture(params=FAMILIES, ids=lambda param: "-".join(param))
def rows(request: pytest.FixtureRequest) -> Rows:
    return Rows(model(*request.param))


def test_every_row_is_generates_own_past_the_sliding_window(rows: Rows) -> None:
    text = tokens(LONG)
    rows.after(text)
    assert len(rows.kept) == LONG + 1
    assert rows.wrong(text) == []


def test_every_forward_gets_what_generate_gives_it(rows: Rows) -> None:
    """A forward's keywords are generate()'s (position ids, logits_to_keep, masks); only the cache object differs."""
    text = tokens(4)
    with watched_forwards(rows.model) as theirs:
        rows_of(rows.model, PROMPT, text)
    with watched_forwards(rows.model) as ours:
        rows.after(text)
    assert len(ours) == len(theirs) == 5
    for mine, its in zip(ours, theirs, strict=True):
        assert mine.keys() == its.keys()
        for name in mine.keys() - set(_cache_names()):
            same = (
                torch.equal(mine[name], its[name]) if isinstance(mine[name], torch.Tensor) else mine[name] == its[name]
            )
            assert same, name


def test_the_prompt_is_read_in_one_piece_with_one_row_kept(rows: Rows) -> None:
    with watched_forwards(rows.model) as calls:
        rows.after([])
    assert [call["input_ids"].tolist() for call in calls] == [[PROMPT]]
    assert calls[0].get("logits_to_keep", 1) == 1


def test_back_twenty_another_token_twenty_more_and_back_to_the_first_branch(rows: Rows) -> None:
    first = tokens(40)
    rows.after(first)
    second = [*first[:20], (first[20] + 1) % VOCABULARY, *tokens(20, seed=1)]
    rows.after(second)
    longer = [*first, *tokens(20, seed=2)]
    rows.after(longer)
    assert rows.wrong(second) == rows.wrong(longer) == []


def test_back_to_the_end_of_the_prompt(rows: Rows) -> None:
    first, second = tokens(LONG), tokens(LONG, seed=1)
    rows.after(first)
    rows.after(second)
    assert rows.wrong(first) == rows.wrong(second) == []


def test_going_back_again_and_again_past_what_a_window_still_holds(rows: Rows) -> None:
    text = tokens(LONG)
    rows.after(text)
    for turn, length in enumerate((LONG - 3, LONG - 6, LONG - 20, 5, 2, 0)):
        branch = [*text[:length], *tokens(4, seed=100 + turn)]
        rows.after(branch)
        assert rows.wrong(branch) == []


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.long)])
def test_wandering_about_in_the_tree(rows: Rows, seed: int) -> None:
    chance = random.Random(seed)
    tree: list[list[int]] = [[]]
    for _ in range(12):
        start = chance.choice(tree)
        tree.append([*start[: chance.randrange(len(start) + 1)], *tokens(chance.randrange(1, 12), chance.random())])
        rows.after(tree[-1])
    assert [rows.wrong(branch) for branch in tree] == [[]] * len(tree)


def test_rows_that_were_lost_come_back_with_the_same_bits(rows: Rows) -> None:
    """After a restart no logits are stored, and the first request may be for any node."""
    text = tokens(LONG)
    rows.after(text)
    before = dict(rows.kept)
    rows.kept.clear()
    rows.decoder = decoder(Shared(rows.model, tokenizer()))
    for count in (LONG, 10, LONG - 1, 0, 25):
        rows.at([*PROMPT, *text[:count]])
    assert len(rows.kept) == 5
    assert all(torch.equal(row, before[ids]) for ids, row in rows.kept.items())


def test_someone_else_using_the_model_changes_nothing(rows: Rows) -> None:
    """verify calls generate() on the same model object, in which some models keep their state."""
    text = tokens(30)
    rows.after(text[:20])
    rows_of(rows.model, [5, 6, 7], tokens(8, seed=9))
    rows.decoder._shared.user = None  # as GenerateReference.generate does
    rows.after(text)
    assert rows.wrong(text) == []


def test_two_decoders_on_one_model_do_not_disturb_each_other(rows: Rows) -> None:
    other = Rows(rows.model, [3, 1, 4, 1, 5])
    other.decoder = decoder(rows.decoder._shared, other.prompt)
    text = tokens(12)
    for count in range(len(text) + 1):
        rows.after(text[:count])
        other.after(text[:count])
    assert rows.wrong(text) == other.wrong(text) == []


@pytest.mark.parametrize("family", CROPPABLE)
def test_a_cache_that_can_be_cropped_goes_back_without_reading_the_prompt_again(family: str) -> None:
    rows = Rows(model(family))
    rows.after(tokens(LONG))
    with watched_forwards(rows.model) as calls:
        rows.after([*tokens(LONG)[:20], 5])
    assert prefills(calls) == 0
    assert len(calls) == 2  # the token before, whose logits are compared with stored ones, and the new one


@pytest.mark.parametrize("family", CROPPABLE)
def test_going_back_twenty_tokens_costs_one_forward_where_the_cache_can_be_cropped(family: str) -> None:
    """The prefill is one forward, not one for each token; the place's logits are dropped, so that it is needed."""
    rows = Rows(model(family))
    text = tokens(LONG)
    rows.after(text)
    place = [*PROMPT, *text[:-20]]
    before = rows.kept.pop(tuple(place))
    with watched_forwards(rows.model) as calls:
        assert torch.equal(rows.at(place), before)
    assert (len(calls), prefills(calls)) == (1, 0)
    branch = [*text[:-20], 5, 6, 7]
    with watched_forwards(rows.model) as calls:
        rows.after(branch)
    assert (len(calls), prefills(calls)) == (3, 0)
    assert rows.wrong(text) == rows.wrong(branch) == []


@pytest.mark.parametrize("family", [name for name in REPLAYED if name != "recurrent_gemma"])
def test_any_other_cache_goes_back_to_a_snapshot_of_itself(family: str) -> None:
    rows = Rows(model(family))
    rows.after(tokens(3 * SNAPSHOT_EVERY))
    with watched_forwards(rows.model) as calls:
        branch = [*tokens(3 * SNAPSHOT_EVERY)[: 2 * SNAPSHOT_EVERY + 3], 5]
        rows.after(branch)
    assert prefills(calls) == 0
    assert len(calls) == 4
    assert rows.wrong(branch) == []


def test_what_another_run_left_inside_the_module_is_not_begun_with() -> None:
    """A prompt of one token takes the path of a step, which reads the state that the run before it has left."""
    family = model("recurrent_gemma")
    shared = Shared(family, tokenizer())
    first, second = decoder(shared, [7]), decoder(shared, [7])
    logits = [first.logits([7], nothing_kept), first.logits([7, 12], nothing_kept), second.logits([7], nothing_kept)]
    assert torch.equal(logits[0], logits[2])
    assert torch.equal(logits[1], second.logits([7, 12], nothing_kept))
    assert not torch.equal(logits[0], logits[1])


def test_a_state_inside_the_module_is_replayed_from_the_prompt() -> None:
    rows = Rows(model("recurrent_gemma"))
    rows.after(tokens(20))
    with watched_forwards(rows.model) as calls:
        rows.after([*tokens(20)[:18], 5])
    assert prefills(calls) == 1


@pytest.mark.parametrize("family", CROPPABLE + REPLAYED)
def test_a_way_back_that_gives_other_bits_is_replaced_by_a_replay(family: str) -> None:
    """The next stored logits are compared; here the cache is spoilt on purpose."""
    rows = Rows(model(family))
    text = tokens(LONG)
    rows.after(text)
    _spoil(rows.decoder)
    branch = [*text[:20], 5, 6]
    with watched_forwards(rows.model) as calls:
        rows.after(branch)
    assert prefills(calls) >= 1
    assert rows.wrong(branch) == []


@torch.inference_mode()  # tensors made in inference mode, as by the decoder's forwards, can be written to only in it
def _spoil(decoder) -> None:
    """Change the cache and every snapshot that the decoder could go back to."""
    for kwargs in (decoder._kwargs, *decoder._snapshots.values()):
        for layer in cache_in(kwargs).layers:
            for name, value in vars(layer).items():
                if isinstance(value, torch.Tensor) and value.is_floating_point():
                    value.mul_(1.5)
                if name in ("conv_states", "recurrent_states") and isinstance(value, list | dict):
                    for state in value.values() if isinstance(value, dict) else value:
                        if state is not None:
                            state.mul_(1.5)


def test_a_prefill_given_up_leaves_nothing_behind(rows: Rows) -> None:
    def give_up(_stage: str, done: float, _total: float | None, _unit: str) -> None:
        seen.append(done)
        if done:
            raise KeyboardInterrupt

    seen: list[float] = []
    with pytest.raises(KeyboardInterrupt):
        rows.after([], give_up)
    assert seen[0] == 0 and seen == sorted(seen)
    rows.after(tokens(3))
    assert rows.wrong(tokens(3)) == []


def test_a_forward_that_failed_leaves_nothing_behind(rows: Rows) -> None:
    """Out of memory half way: some layers have the token in their cache, others have not."""

    def fail(*_: object) -> None:
        raise MemoryError

    rows.after(tokens(5))
    layers = max((m for m in rows.model.modules() if isinstance(m, torch.nn.ModuleList)), key=len)
    hook = layers[-1].register_forward_pre_hook(fail)
    with pytest.raises(RunError, match="no room in memory"):
        rows.after(tokens(6))
    hook.remove()
    rows.after(tokens(9))
    assert rows.wrong(tokens(9)) == []


def test_recording_the_past_of_sliding_windows_is_what_lets_them_go_back() -> None:
    """Recording changes no bit: the tests above compare with a generate() that does not record."""
    rows = Rows(model("mistral"))
    rows.after(tokens(LONG))
    layers = cache_in(rows.decoder._kwargs).layers
    assert all(layer.is_sliding and layer.record_past for layer in layers)
    assert layers[0].keys.shape[-2] == len(PROMPT) + LONG > layers[0].sliding_window


def test_the_overrides_are_the_designs() -> None:
    """The parity script, which does not import samplescope's overrides, has the same ones."""
    from tui.models.generation import OVERRIDES as OURS

    assert {**OURS, "return_dict_in_generate": False} == {**OVERRIDES, "return_dict_in_generate": False}
