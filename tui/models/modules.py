"""Looking into a model's modules: how far a forward is, how wide its logits, and whether it keeps a state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from tui.core.progress import Report


class ModuleState:
    """What a model's modules keep from one forward to the next beside their weights (RecurrentGemma, dynamic RoPE).

    generate() starts from whatever the last call left there, so that two calls on one model object differ. Reset before
    each prompt, every run is that of a model just loaded.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._initial: dict[tuple[torch.nn.Module, str], Tensor | int | None] = dict(_dynamic_ropes(model))
        """Each attribute that a forward changes, as it was before the first one; None: no tensor."""

    @property
    def exists(self) -> bool:
        """True if a forward has been seen to change such an attribute, or will."""
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
            setattr(module, name, value.clone() if isinstance(value, Tensor) else value)

    def _attributes(self) -> Iterator[tuple[tuple[torch.nn.Module, str], Tensor]]:
        """Tensors that are neither weights nor buffers."""
        for module in self._model.modules():
            for name, value in vars(module).items():
                if isinstance(value, Tensor):
                    yield (module, name), value


def _dynamic_ropes(model: Any) -> Iterator[tuple[tuple[torch.nn.Module, str], Tensor | int]]:
    """What rotary embeddings that stretch with the text change: in whichever forward is the first past their length.

    Their frequencies stay as the longest text left them: a prompt that is longer too would begin with those.
    """
    for module in model.modules():
        if "dynamic" not in str(getattr(module, "rope_type", "")):
            continue
        for name, value in {**vars(module), **dict(module.named_buffers(recurse=False))}.items():
            if name.endswith(("inv_freq", "max_seq_len_cached")):
                yield (module, name), value.clone() if isinstance(value, Tensor) else value


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
