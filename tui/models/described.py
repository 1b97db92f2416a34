"""Builds the model that a configuration describes on torch's meta device, where tensors have shapes and no memory."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tui.errors import ModelError
from tui.models.header import Header
from tui.models.waiting import one_line

if TYPE_CHECKING:
    from torch import Tensor

_FEW = 2**22
"""Elements more than stored that are let pass: they cost nothing, and a missing tensor is named later."""
_MANY = 2**28
"""Elements of buffers that are let pass: no checkpoint stores them, and a GPT-J's causal mask has 4 million a layer."""
_TIED = 2
"""The model may have twice the stored elements: a tied embedding is stored once and built twice."""
_PACKED = 32
"""The most weights that are packed into one stored number of a quantised checkpoint."""


def check_described(library: Any, config: Any, header: Header, source: str, *, quantised: bool) -> None:
    """Raise ModelError if the model cannot be built, or is far larger than the checkpoint and would be allocated."""
    import torch

    said = f"The {header.said_by} of {source}"
    try:
        with torch.device("meta"):
            model = library.AutoModelForCausalLM.from_config(copy.deepcopy(config))
    except Exception as error:  # whatever a layer's own checks raise
        raise ModelError(f"{said} describes no model: {one_line(error)}.", header.remedy) from None
    stored = header.elements * (_PACKED if quantised else _TIED)
    weights, buffers = _elements(model.parameters()), _elements(model.buffers())
    if weights > stored + _FEW or buffers > stored + _MANY:
        raise ModelError(
            f"{said} describes a model of {weights + buffers:,} numbers, and its weights have {header.elements:,}.",
            header.remedy,
        )


def _elements(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.numel() for tensor in tensors)
