"""Inspects a model's modules: how many layers a forward has run, how many logits it gives, which state it keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from tui.core.progress import Report


class ModuleState:
    """The state that a model's modules keep between forwards, besides weights (RecurrentGemma, dynamic RoPE).

    generate() starts with the state that the last call left, so that two calls on one model object differ. If the state
    is reset before each prompt, every run equals that of a freshly loaded model.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._initial: dict[tuple[torch.nn.Module, str], Tensor | int | None] = dict(_dynamic_ropes(model))
        """(module, attribute) → its value before the first forward that changed it; None if it was no tensor."""

    @property
    def exists(self) -> bool:
        """True if any forward so far has changed such an attribute, or a longer one will."""
        return bool(self._initial)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Within this context, record the attributes that a forward changes."""
        before = {key: (value, value._version, value.clone()) for key, value in self._attributes()}
        yield
        for key, value in self._attributes():
            old, version, copy = before.get(key, (None, 0, None))
            if value is not old or value._version != version:
                self._initial.setdefault(key, copy)

    def reset(self) -> None:
        """Set every recorded attribute to its value before the first forward that changed it."""
        for (module, name), value in self._initial.items():
            setattr(module, name, value.clone() if isinstance(value, Tensor) else value)

    def _attributes(self) -> Iterator[tuple[tuple[torch.nn.Module, str], Tensor]]:
        """The modules' tensor attributes that are neither weights nor buffers."""
        for module in self._model.modules():
            for name, value in vars(module).items():
                if isinstance(value, Tensor):
                    yield (module, name), value


def _dynamic_ropes(model: Any) -> Iterator[tuple[tuple[torch.nn.Module, str], Tensor | int]]:
    """The frequencies of dynamic rotary embeddings, which change when a text grows past the trained length.

    They stay as the longest text left them, and a later prompt past that length would start with them.
    """
    for module in model.modules():
        if "dynamic" not in str(getattr(module, "rope_type", "")):
            continue
        for name, value in {**vars(module), **dict(module.named_buffers(recurse=False))}.items():
            if name.endswith(("inv_freq", "max_seq_len_cached")):
                yield (module, name), value.clone() if isinstance(value, Tensor) else value


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


def width_of(model: Any) -> int:
    """How many logits the model gives: packed weights have the number in out_features only."""
    head = model.get_output_embeddings()
    if head is None:  # a repository's own class need not name its output layer
        return int(model.config.get_text_config().vocab_size)
    return int(getattr(head, "out_features", None) or head.weight.shape[0])
