"""Stores logits with all their bits: in memory up to a budget, the rest in an unlinked temporary file."""

from __future__ import annotations

import tempfile
import threading
import weakref
from collections import OrderedDict
from typing import IO

import torch
from torch import Tensor

DEFAULT_BUDGET = 1 << 30


class LogitsStore:
    """Logits [V] float32 by node id. One thread may read while another adds."""

    def __init__(self, budget: int = DEFAULT_BUDGET) -> None:
        self._budget = budget
        self._memory: OrderedDict[int, Tensor] = OrderedDict()
        self._memory_bytes = 0
        self._on_disk: dict[int, tuple[int, int]] = {}
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()

    def __contains__(self, node_id: int) -> bool:
        with self._lock:
            return node_id in self._memory or node_id in self._on_disk

    def add(self, node_id: int, logits: Tensor) -> None:
        """Store logits [V]; if the budget is exceeded, the oldest ones move to the file."""
        logits = logits.detach().to("cpu", torch.float32).contiguous()
        with self._lock:
            if node_id in self._memory or node_id in self._on_disk:
                return
            self._memory[node_id] = logits
            self._memory_bytes += logits.nbytes
            while self._memory_bytes > self._budget and len(self._memory) > 1:
                oldest, moved = next(iter(self._memory.items()))
                self._on_disk[oldest] = self._write(moved)  # before it leaves memory: the disk may be full
                del self._memory[oldest]
                self._memory_bytes -= moved.nbytes

    def get(self, node_id: int) -> Tensor | None:
        """The logits after this node, the same bits that were added; None if they are not stored."""
        with self._lock:
            if node_id in self._memory:
                return self._memory[node_id]
            if node_id not in self._on_disk or self._file is None:
                return None
            offset, length = self._on_disk[node_id]
            self._file.seek(offset)
            return torch.frombuffer(bytearray(self._file.read(length)), dtype=torch.float32)

    def clear(self) -> None:
        """Drop all logits, in memory and in the file."""
        with self._lock:
            self._memory.clear()
            self._on_disk.clear()
            self._memory_bytes = 0
            if self._file is not None:
                self._file.close()
                self._file = None

    def _write(self, logits: Tensor) -> tuple[int, int]:
        if self._file is None:
            # The file has no name, so that it disappears with the process; it is open as long as the store exists.
            self._file = tempfile.TemporaryFile(prefix="samplescope-")  # noqa: SIM115
            weakref.finalize(self, self._file.close)
        offset = self._file.seek(0, 2)
        data = logits.numpy().tobytes()
        self._file.write(data)
        return offset, len(data)
