"""Reads the header of a GGUF file: its metadata, and the table of its tensors.

Every length is compared with the file before it is followed. It needs neither the package gguf nor torch, so that a
folder of files is listed quickly, and a damaged file is refused before anything is allocated.
"""

from __future__ import annotations

import mmap
import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import NamedTuple

MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_FORMATS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
"""The numbers among the metadata, by the format's own number for their kind."""
_TEXT, _ARRAY = 8, 9
_ALIGNMENT = 32
"""Where the data begin and each tensor's, unless the metadata say otherwise."""
_MOST_ENTRIES = 2**16
"""Of the metadata, and of the tensors: no real file comes near."""
_MOST_ITEMS = 2**21
"""Of an array: the largest vocabularies have some 2**19 merges."""
_MOST_DIMENSIONS = 4


class Storage(NamedTuple):
    """A way to store numbers in blocks, each with its own scales."""

    name: str
    numbers: int
    """How many numbers a block has."""
    size: int
    """How many bytes it takes."""


STORAGES = {
    0: Storage("F32", 1, 4), 1: Storage("F16", 1, 2), 28: Storage("F64", 1, 8), 30: Storage("BF16", 1, 2),
    24: Storage("I8", 1, 1), 25: Storage("I16", 1, 2), 26: Storage("I32", 1, 4), 27: Storage("I64", 1, 8),
    2: Storage("Q4_0", 32, 18), 3: Storage("Q4_1", 32, 20), 6: Storage("Q5_0", 32, 22), 7: Storage("Q5_1", 32, 24),
    8: Storage("Q8_0", 32, 34), 9: Storage("Q8_1", 32, 40), 10: Storage("Q2_K", 256, 84), 11: Storage("Q3_K", 256, 110),
    12: Storage("Q4_K", 256, 144), 13: Storage("Q5_K", 256, 176), 14: Storage("Q6_K", 256, 210),
    15: Storage("Q8_K", 256, 292), 16: Storage("IQ2_XXS", 256, 66), 17: Storage("IQ2_XS", 256, 74),
    18: Storage("IQ3_XXS", 256, 98), 19: Storage("IQ1_S", 256, 50), 20: Storage("IQ4_NL", 32, 18),
    21: Storage("IQ3_S", 256, 110), 22: Storage("IQ2_S", 256, 82), 23: Storage("IQ4_XS", 256, 136),
    29: Storage("IQ1_M", 256, 56), 34: Storage("TQ1_0", 256, 54), 35: Storage("TQ2_0", 256, 66),
    39: Storage("MXFP4", 32, 17), 40: Storage("NVFP4", 64, 36), 41: Storage("Q1_0", 128, 18),
}  # fmt: skip
"""By the format's own numbers."""

Scalar = str | int | float | bool


class Tensor(NamedTuple):
    """A tensor of the file."""

    shape: tuple[int, ...]
    """The fastest dimension first, as the file has it."""
    storage: Storage


@dataclass(frozen=True)
class GgufHeader:
    """What a GGUF file says about itself."""

    file: Path
    metadata: Mapping[str, Scalar]
    """Texts and numbers by their names; arrays are in `lengths`."""
    lengths: Mapping[str, int]
    """How many items each array of the metadata has."""
    tensors: Mapping[str, Tensor]

    @property
    def architecture(self) -> str:
        """llama.cpp's name of the architecture; '' if the file names none."""
        return self.text("general.architecture")

    @property
    def parameters(self) -> int:
        """How many numbers all tensors hold."""
        return sum(prod(tensor.shape) for tensor in self.tensors.values())

    @property
    def stored_as(self) -> str:
        """How most of the numbers are stored: Q4_K, Q8_0, F16, …; '' if there are none."""
        counts: Counter[str] = Counter()
        for tensor in self.tensors.values():
            counts[tensor.storage.name] += prod(tensor.shape)
        return counts.most_common(1)[0][0] if counts else ""

    def text(self, name: str) -> str:
        """A text of the metadata; '' if there is none of this name."""
        value = self.metadata.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int | None:
        """A whole number of the metadata; None if there is none of this name."""
        value = self.metadata.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_gguf(file: Path) -> GgufHeader:
    """Read the header of a GGUF file. ValueError says what is wrong with a file that is truncated or forged."""
    with file.open("rb") as opened:
        if not file.stat().st_size:
            raise ValueError("it is empty")
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                return _Parser(data).header(file)
            except struct.error:
                raise ValueError("it ends within its header") from None


class _Parser:
    """Goes through the bytes of a file from its beginning."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data, self._at = data, 0

    def header(self, file: Path) -> GgufHeader:
        tensors, entries = self._preamble()
        metadata: dict[str, Scalar] = {}
        lengths: dict[str, int] = {}
        for _ in range(entries):
            name, kind = self._text(), self._number("<I")
            if kind == _ARRAY:
                lengths[name] = self._skip_array(name)
            else:
                metadata[name] = self._scalar(name, kind)
        table = dict(self._tensor() for _ in range(tensors))
        header = GgufHeader(file, metadata, lengths, {name: tensor for name, (tensor, _) in table.items()})
        if len(table) < tensors:
            raise ValueError("it has two tensors of one name")
        self._check_data(table, header.number("general.alignment") or _ALIGNMENT)
        return header

    def _preamble(self) -> tuple[int, int]:
        """How many tensors and how many entries of metadata there are."""
        if self._take(len(MAGIC)) != MAGIC:
            raise ValueError("it does not begin with GGUF")
        version = self._number("<I")
        if version not in _VERSIONS:
            swapped = int.from_bytes(version.to_bytes(4, "little"), "big") in _VERSIONS
            raise ValueError("it is made for big-endian machines" if swapped else f"it has version {version}")
        tensors, entries = self._number("<Q"), self._number("<Q")
        if max(tensors, entries) > _MOST_ENTRIES:
            raise ValueError(f"it claims {tensors:,} tensors and {entries:,} entries")
        return tensors, entries

    def _scalar(self, name: str, kind: int) -> Scalar:
        if kind == _TEXT:
            return self._text()
        if kind not in _FORMATS:
            raise ValueError(f"its {name} is of an unknown kind, {kind}")
        value: Scalar = self._number(_FORMATS[kind])
        return value

    def _skip_array(self, name: str) -> int:
        """Go past an array; how many items it has."""
        kind, count = self._number("<I"), self._number("<Q")
        if count > _MOST_ITEMS:
            raise ValueError(f"its {name} claims {count:,} items")
        if kind in _FORMATS:
            self._take(struct.calcsize(_FORMATS[kind]) * count)
        elif kind == _TEXT:
            for _ in range(count):
                self._take(self._number("<Q"))
        else:
            raise ValueError(f"its {name} is an array of an unknown kind, {kind}")
        return count

    def _tensor(self) -> tuple[str, tuple[Tensor, int]]:
        """(the name of a tensor, (what the table says of it, where its data begin after that of the first))."""
        name, dimensions = self._text(), self._number("<I")
        if not 0 < dimensions <= _MOST_DIMENSIONS:
            raise ValueError(f"its tensor {name} has {dimensions} dimensions")
        shape = tuple(self._number("<Q") for _ in range(dimensions))
        kind, offset = self._number("<I"), self._number("<Q")
        if kind not in STORAGES:
            raise ValueError(f"its tensor {name} is stored in an unknown way, {kind}")
        if 0 in shape or shape[0] % STORAGES[kind].numbers:
            raise ValueError(f"its tensor {name} cannot have the shape {shape}")
        return name, (Tensor(shape, STORAGES[kind]), offset)

    def _check_data(self, table: Mapping[str, tuple[Tensor, int]], alignment: int) -> None:
        """Raise ValueError if a tensor's data are not within the file."""
        if alignment <= 0:
            raise ValueError(f"its data are aligned to {alignment} bytes")
        begin = -(-self._at // alignment) * alignment
        for name, (tensor, offset) in table.items():
            size = prod(tensor.shape) // tensor.storage.numbers * tensor.storage.size
            if begin + offset + size > len(self._data):
                raise ValueError(f"it ends before its tensor {name} does")

    def _text(self) -> str:
        return self._take(self._number("<Q")).decode("utf-8", "replace")

    def _number(self, form: str) -> int:
        """A number of one of `_FORMATS`, which may also be a float or a bool."""
        (value,) = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        number: int = value
        return number

    def _take(self, size: int) -> bytes:
        if size > len(self._data) - self._at:
            raise ValueError("it ends within its header")
        self._at += size
        return self._data[self._at - size : self._at]
