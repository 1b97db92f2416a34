"""A grid of settings: how it is read, what it makes, and what is refused in one line."""

from __future__ import annotations

import json

import msgspec
import pytest

from tui.core.grid import Measured, Sweep, check, parse_grid, varied
from tui.core.records import dumps
from tui.core.settings import resolve
from tui.errors import InputError


def test_values_have_their_parameter_s_type_and_off_is_its_off_value() -> None:
    grid = parse_grid(["temperature=0.5, 1,2", "top-k=0,50", "min_p=off,0.05", "top_p=off"])
    assert grid == {"temperature": [0.5, 1.0, 2.0], "top_k": [0, 50], "min_p": [None, 0.05], "top_p": [1.0]}
    assert [type(value) for value in grid["temperature"]] == [float] * 3
    assert [type(value) for value in grid["top_k"]] == [int] * 2


def test_the_settings_are_the_product_with_what_is_the_same_everywhere() -> None:
    sweep = Sweep(at=1, grid=parse_grid(["temperature=1,2", "top_k=0,5"]), given={"top_p": 0.9})
    assert list(sweep.settings()) == [
        {"top_p": 0.9, "temperature": temperature, "top_k": k} for temperature in (1.0, 2.0) for k in (0, 5)
    ]
    assert len(sweep) == 4


def test_no_grid_is_one_setting() -> None:
    assert list(Sweep(at=1, given={"top_k": 7}).settings()) == [{"top_k": 7}]
    assert len(Sweep(at=1)) == 1


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["temperature"], "has no values"),
        (["temperature="], "has no values"),
        (["temperature=1,,2"], "is no number"),
        (["temperature=warm"], "'warm' is no number"),
        (["top_k=1.5"], "'1.5' is no whole number"),
        (["temperature=0"], "must be above 0"),
        (["temperature=nan"], "must be above 0"),
        (["top_p=1.1"], "at most 1"),
        (["warmth=1"], "no parameter 'warmth'"),
        (["seed=1"], "no parameter 'seed'"),
        (["top_k=1", "top-k=2"], "top_k twice"),
    ],
)
def test_what_is_no_grid_is_said_in_one_line(texts: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        parse_grid(texts)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        (Sweep(at=1, grid={"top_k": [5, 6, 5]}), "top_k=5 twice"),
        (Sweep(at=1, grid={"min_p": [None, None]}), "min_p=None twice"),
        (Sweep(at=1, grid={"top_k": []}), "no values for top_k"),
        (Sweep(at=1, grid={"top_p": [3.0]}), "at most 1"),
        (Sweep(at=1, grid={"warmth": [3.0]}), "no parameter"),
        (Sweep(at=1, grid={"top_k": [5]}, given={"top_k": 6}), "one value and a grid"),
        (Sweep(at=1, grid={"top_p": [0.5]}, given={"do_sample": False}), "Greedy decoding does not use top_p"),
        (Sweep(at=1, samples=0), "--samples"),
        (Sweep(at=1, batch=0), "--batch"),
        (Sweep(at=1, seed=2**64 - 1, samples=2), "--seed"),
        (Sweep(at=1, finished=2), "2 settings cannot be done of 1"),
        (Sweep(at=1, grid={"top_k": list(range(101)), "temperature": [0.01 * n for n in range(1, 101)]}), "10,100"),
    ],
)
def test_a_sweep_that_cannot_be_run_is_refused(sweep: Sweep, said: str) -> None:
    with pytest.raises(InputError, match=said):
        check(sweep)


def test_a_grid_of_a_penalty_is_fine_in_greedy_decoding() -> None:
    check(Sweep(at=1, grid={"repetition_penalty": [1.0, 1.3]}, given={"do_sample": False}))


def test_what_varies_is_what_has_more_than_one_value() -> None:
    assert varied({"top_k": [1, 2], "top_p": [0.9]}) == ["top_k"]
    assert varied({"top_p": [0.9]}) == ["top_p"]


def test_what_was_measured_crosses_the_pipe_and_its_record_has_null_for_what_is_not_known() -> None:
    one = Measured(
        number=3, settings=resolve({"top_k": 5}, {}, {}), mean_logprob=-1.5, perplexity=4.5, distinct_1=0.1,
        distinct_2=0.2, distinct_3=0.3, self_bleu_4=float("nan"), repetition_4=0.4, looping=0.5, entropy_bits=2.5,
        samples=2, tokens=7, seed=42, texts=["a", "b"],
    )  # fmt: skip
    there = msgspec.convert(msgspec.msgpack.decode(msgspec.msgpack.encode(msgspec.to_builtins(one))), Measured)
    assert msgspec.structs.replace(there, self_bleu_4=0) == msgspec.structs.replace(one, self_bleu_4=0)
    record = json.loads(dumps(one.record(texts=True)))
    assert record["settings"]["top_k"] == {"value": 5, "source": "you"}
    assert (record["self_bleu_4"], record["mean_logprob"], record["texts"]) == (None, -1.5, ["a", "b"])
    assert "texts" not in one.record(texts=False)
