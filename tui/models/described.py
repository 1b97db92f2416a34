"""The model that a configuration describes, built on torch's meta device: every tensor has a shape and no memory."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tui.errors import ModelError
from tui.models.header import REMEDY, Header
from tui.models.waiting import one_line

if TYPE_CHECKING:
    from torch import Tensor

_FEW = 2**22
"""So many elements cost nothing, whoever asked for them."""
_MANY = 2**28
"""So many elements of buffers, which no checkpoint stores: the causal mask of a GPT-J's layer is 4 million."""
_TIED = 2
"""An embedding may be stored once and be built twice."""
_PACKED = 32
"""So many weights at most lie in one stored number of a quantised checkpoint."""


def check_described(library: Any, config: Any, header: Header, source: str, *, quantised: bool) -> None:
    """ModelError if the model cannot be built, or has far more in it than the checkpoint: both would be allocated."""
    import torch

    try:
        with torch.device("meta"):
            model = library.AutoModelForCausalLM.from_config(copy.deepcopy(config))
    except Exception as error:  # whatever a layer's own checks raise
        raise ModelError(f"The config.json of {source} describes no model: {one_line(error)}.", REMEDY) from None
    stored = header.elements * (_PACKED if quantised else _TIED)
    weights, buffers = _elements(model.parameters()), _elements(model.buffers())
    if weights > stored + _FEW or buffers > stored + _MANY:
        raise ModelError(
            f"The config.json of {source} describes a model of {weights + buffers:,} numbers, and its weights have "
            f"{header.elements:,}.",
            REMEDY,
        )


def _elements(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.numel() for tensor in tensors)
