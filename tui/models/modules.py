"""Looking into a model's modules: how far a forward is, how wide its logits, and whether it keeps a state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from tui.core.progress import Report


def kept_inside(model: Any) -> dict[tuple[int, str], tuple[Tensor, int]]:
    """Each tensor that is neither weight nor buffer, and its version: what changes in a forward is a state."""
    return {
        (id(module), name): (value, value._version)
        for module in model.modules()
        for name, value in vars(module).items()
        if isinstance(value, Tensor)
    }


def changed(before: Mapping[Any, tuple[Tensor, int]], after: Mapping[Any, tuple[Tensor, int]]) -> bool:
    """True if a tensor came, went, was replaced or was written to."""
    return before.keys() != after.keys() or any(
        after[key][0] is not tensor or after[key][1] != version for key, (tensor, version) in before.items()
    )


@contextmanager
def watched(model: Any, tokens: int, report: Report) -> Iterator[None]:
    """Tell before each layer of one forward how far the prompt is."""
    stacks = [module for module in model.modules() if isinstance(module, torch.nn.ModuleList)]
    layers = list(max(stacks, key=len, default=[]))

    def before(done: int) -> Callable[..., None]:
        return lambda *_: report("reading the prompt", tokens * done // len(layers), tokens, "tokens")

    hooks = [layer.register_forward_pre_hook(before(index)) for index, layer in enumerate(layers)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def width_of(model: Any) -> int:
    """How many logits a model gives: packed weights tell it by their out_features only."""
    head = model.get_output_embeddings()
    if head is None:  # a repository's own class need not name its last layer
        return int(model.config.get_text_config().vocab_size)
    return int(getattr(head, "out_features", None) or head.weight.shape[0])
