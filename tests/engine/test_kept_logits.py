"""Logits are stored with every bit, in memory up to a budget and then in a file without a name."""

from __future__ import annotations

import math
import os
import tempfile
import threading
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tui.engine.kept_logits import LogitsStore

WIDTH = 100
ROW_BYTES = WIDTH * 4


def row(number: int) -> Tensor:
    return torch.randn(WIDTH, generator=torch.Generator().manual_seed(number))


def odd_row() -> Tensor:
    """Bits that are easily lost: both zeros, infinities, NaN with its payload, a subnormal."""
    bits = torch.tensor([0x7FC01234, 0x7FFFFFFF, 0x00000001], dtype=torch.int32).view(torch.float32)
    return torch.cat([torch.tensor([0.0, -0.0, math.inf, -math.inf]), bits])


def same_bits(one: Tensor | None, other: Tensor) -> bool:
    return one is not None and torch.equal(one.view(torch.int32), other.view(torch.int32))


def test_a_row_comes_back_with_the_same_bits_from_memory_and_from_the_file() -> None:
    store = LogitsStore(budget=1)
    store.add(1, odd_row())
    assert same_bits(store.get(1), odd_row())
    store.add(2, row(2))
    assert same_bits(store.get(1), odd_row())
    assert same_bits(store.get(2), row(2))


def test_memory_stays_inside_the_budget_and_the_oldest_move_first(monkeypatch: pytest.MonkeyPatch) -> None:
    store = LogitsStore(budget=5 * ROW_BYTES)
    for number in range(40):
        store.add(number, row(number))
        assert store._memory_bytes == sum(kept.nbytes for kept in store._memory.values()) <= 5 * ROW_BYTES
    assert list(store._memory) == [35, 36, 37, 38, 39]
    assert all(number in store and same_bits(store.get(number), row(number)) for number in range(40))


def test_a_row_larger_than_the_budget_is_kept_all_the_same() -> None:
    store = LogitsStore(budget=1)
    store.add(7, row(7))
    assert same_bits(store.get(7), row(7))


def test_rows_of_other_types_become_float32() -> None:
    store = LogitsStore()
    store.add(1, row(1).bfloat16())
    assert same_bits(store.get(1), row(1).bfloat16().float())


def test_what_is_not_there_is_none() -> None:
    store = LogitsStore(budget=1)
    store.add(1, row(1))
    store.add(2, row(2))
    assert store.get(3) is None
    assert 3 not in store


def test_adding_again_changes_nothing() -> None:
    store = LogitsStore(budget=1)
    store.add(1, row(1))
    store.add(2, row(2))
    store.add(1, row(99))
    store.add(2, row(99))
    assert same_bits(store.get(1), row(1))
    assert same_bits(store.get(2), row(2))


def test_the_file_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    store = LogitsStore(budget=1)
    for number in range(10):
        store.add(number, row(number))
    assert store._file is not None
    store._file.flush()
    assert os.fstat(store._file.fileno()).st_size == 9 * ROW_BYTES
    assert list(tmp_path.iterdir()) == []


def test_clear_forgets_everything_and_starts_again() -> None:
    store = LogitsStore(budget=1)
    for number in range(3):
        store.add(number, row(number))
    store.clear()
    assert [number in store for number in range(3)] == [False] * 3
    store.add(1, row(5))
    store.add(2, row(6))
    assert same_bits(store.get(1), row(5))


def test_a_full_disk_loses_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    store = LogitsStore(budget=1)
    store.add(1, row(1))

    def full(_row: Tensor) -> tuple[int, int]:
        raise OSError("No space left on device")

    monkeypatch.setattr(store, "_write", full)
    with pytest.raises(OSError, match="No space"):
        store.add(2, row(2))
    assert same_bits(store.get(1), row(1))
    assert same_bits(store.get(2), row(2))


def test_one_thread_reads_while_another_adds() -> None:
    store, count = LogitsStore(budget=3 * ROW_BYTES), 300
    added, wrong = threading.Semaphore(0), []

    def read() -> None:
        for last in range(count):
            added.acquire()
            wrong.extend(n for n in (0, last // 2, last) if not same_bits(store.get(n), row(n)))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(count):
        store.add(number, row(number))
        added.release()
    reader.join()
    assert wrong == []
