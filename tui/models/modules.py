"""Looking into a model's modules: how far a forward is, and whether one of them keeps a state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from tui.core.progress import Report


class ModuleState:
    """What a model's modules keep from one forward to the next beside their weights and buffers (RecurrentGemma).

    generate() starts from whatever the last call left there, so that two calls on one model object differ. Reset before
    each prompt, every run is that of a model just loaded.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._initial: dict[tuple[torch.nn.Module, str], Tensor | None] = {}
        """Each attribute that a forward changed, as it was before the first one; None: no tensor."""

    @property
    def exists(self) -> bool:
        """True if a forward has been seen to change such an attribute."""
        return bool(self._initial)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note what the forward inside changes."""
        before = {key: (value, value._version, value.clone()) for key, value in self._attributes()}
        yield
        for key, value in self._attributes():
            old, version, copy = before.get(key, (None, 0, None))
            if value is not old or value._version != version:
                self._initial.setdefault(key, copy)

    def reset(self) -> None:
        """Give every noted attribute the value it had before the first forward."""
        for (module, name), value in self._initial.items():
            setattr(module, name, None if value is None else value.clone())

    def _attributes(self) -> Iterator[tuple[tuple[torch.nn.Module, str], Tensor]]:
        """Tensors that are neither weights nor buffers."""
        for module in self._model.modules():
            for name, value in vars(module).items():
                if isinstance(value, Tensor):
                    yield (module, name), value


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
