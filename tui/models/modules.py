"""Inspects a model's modules: how many layers a forward has run, and whether a module keeps state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from tui.core.progress import Report


def module_tensors(model: Any) -> dict[tuple[int, str], tuple[Tensor, int]]:
    """Each module's plain tensor attributes (no weights or buffers), with torch's version counter.

    One that changes in a forward is state that the module keeps.
    """
    return {
        (id(module), name): (value, value._version)
        for module in model.modules()
        for name, value in vars(module).items()
        if isinstance(value, Tensor)
    }


def changed(before: Mapping[Any, tuple[Tensor, int]], after: Mapping[Any, tuple[Tensor, int]]) -> bool:
    """True if a tensor was added, removed, replaced or written to."""
    return before.keys() != after.keys() or any(
        after[key][0] is not tensor or after[key][1] != version for key, (tensor, version) in before.items()
    )


@contextmanager
def reporting_layers(model: Any, tokens: int, report: Report) -> Iterator[None]:
    """Within this context, call `report` before each layer of a forward of `tokens` tokens."""
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
