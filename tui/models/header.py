"""Compares a checkpoint's config.json with the headers of its weights.

A header is a few kilobytes. A wrong configuration may ask for terabytes, or for more layers than can be built in an
hour; so the two are compared before torch is imported and before anything is allocated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from math import prod
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from tui.errors import ModelError
from tui.models.waiting import shown

REMEDY = "Get the config.json that belongs to these weights."
DECODERS = ("text_config", "decoder", "generator")
"""The keys under which a model of several parts has the configuration of its language model."""
_SIZES = (
    "*layers", "*layer", "n_layer*", "vocab_size*", "*hidden_size", "*intermediate_size", "*heads", "n_head",
    "*experts", "n_embd", "n_inner", "d_model", "d_ff", "*ffn_dim", "*head_dim", "*.block_count",
    "*.embedding_length", "*.feed_forward_length", "*.head_count", "*.head_count_kv", "*.expert_count", "*.vocab_size",
)  # fmt: skip
"""Patterns of the names of sizes: a model has so many parts, or tensors with so long a side."""
_LEAST_ONE = ("num_hidden_layers", "n_layer", "n_layers", "vocab_size", "hidden_size", "n_embd", "d_model",
              "block_count", "embedding_length")  # fmt: skip
"""Sizes that are at least 1."""


@dataclass(frozen=True)
class Header:
    """The sizes of a checkpoint's weights."""

    tensors: int
    elements: int
    """How many numbers all tensors hold."""
    longest: int
    """The longest side of any tensor."""
    said_by: str = "config.json"
    """Where the model's configuration stands."""
    remedy: str = REMEDY
    """What to do about a configuration that is not that of the weights."""

    @property
    def most(self) -> int:
        """The largest size that a model of these weights can have."""
        return max(self.tensors, self.longest)


def read_header(files: Iterable[Path], source: str) -> Header:
    """Read the headers of safetensors files. ModelError for a file that is missing, truncated or forged."""
    shapes = [shape for file in files for shape in _shapes(file, source)]
    return Header(len(shapes), sum(map(prod, shapes)), max((side for shape in shapes for side in shape), default=0))


def _shapes(file: Path, source: str) -> list[list[int]]:
    try:
        with safe_open(file, framework="np") as tensors:
            return [tensors.get_slice(name).get_shape() for name in tensors.keys()]  # noqa: SIM118  # it is no mapping
    except (SafetensorError, OSError, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise ModelError(f"{file.name} in {source} is damaged: {reason}.", "Get the whole checkpoint anew.") from None


def check_sizes(config: Mapping[str, Any], header: Header, source: str) -> None:
    """Raise ModelError if a configuration has a size that no model of these weights can have."""
    said = f"The {header.said_by} of {source} says"
    for name, value in _sizes(config):
        if name.rpartition(".")[2] in _LEAST_ONE and value < 1:
            raise ModelError(f"{said} {name}={shown(value)}: that is no model.", header.remedy)
        if value > header.most:
            raise ModelError(
                f"{said} {name}={shown(value)}, and its weights have nothing of that size: "
                f"{header.tensors:,} tensors, the longest side {header.longest:,}.",
                header.remedy,
            )


def _sizes(config: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The sizes in a configuration and in its language model's part; a list has one number for each layer."""
    for name, value in config.items():
        if any(fnmatch(name, pattern) for pattern in _SIZES):
            numbers = value if isinstance(value, list) else [value]
            yield from ((name, number) for number in numbers if isinstance(number, int))
    for part in DECODERS:
        if isinstance(inner := config.get(part), dict):
            yield from _sizes(inner)
