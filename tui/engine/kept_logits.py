"""Logits kept exactly: in memory up to a budget, then in an unlinked temporary file."""

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
    """Logits [V] float32 by node number. Safe to read from one thread while another adds."""

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
        """Keep logits [V]; the oldest move to the file when the budget is passed."""
        logits = logits.detach().to("cpu", torch.float32).contiguous()
        with self._lock:
            if node_id in self._memory or node_id in self._on_disk:
                return
            self._memory[node_id] = logits
            self._memory_bytes += logits.nbytes
            while self._memory_bytes > self._budget and len(self._memory) > 1:
                oldest, moved = next(iter(self._memory.items()))
                self._on_disk[oldest] = self._write(moved)  # before it is forgotten: the disk may be full
                del self._memory[oldest]
                self._memory_bytes -= moved.nbytes

    def get(self, node_id: int) -> Tensor | None:
        """The logits after this node, with the bits they were added with; None if they are not kept."""
        with self._lock:
            if node_id in self._memory:
                return self._memory[node_id]
            if node_id not in self._on_disk or self._file is None:
                return None
            offset, length = self._on_disk[node_id]
            self._file.seek(offset)
            return torch.frombuffer(bytearray(self._file.read(length)), dtype=torch.float32)

    def clear(self) -> None:
        """Forget all of them (another model)."""
        with self._lock:
            self._memory.clear()
            self._on_disk.clear()
            self._memory_bytes = 0
            if self._file is not None:
                self._file.close()
                self._file = None

    def _write(self, logits: Tensor) -> tuple[int, int]:
        if self._file is None:
            # Unlinked at once, so that it is gone with the process; open as long as the store.
            self._file = tempfile.TemporaryFile(prefix="samplescope-")  # noqa: SIM115
            weakref.finalize(self, self._file.close)
        offset = self._file.seek(0, 2)
        data = logits.numpy().tobytes()
        self._file.write(data)
        return offset, len(data)
