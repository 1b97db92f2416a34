"""Quantised checkpoints: by which method, whether it is one that transformers knows, and what it needs."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatch
from typing import Any

from tui.errors import ModelError
from tui.models.waiting import one_line

_SCALES = ("*.weight_scale*", "*.weight.*", "*.scales", "*.qzeros", "*.qweight", "*.SCB", "*_blocks", "*_scales")
"""Tensors without which packed or scaled weights mean nothing."""


def quantisation_of(config: Any) -> Any:
    """The checkpoint's quantization_config; None if it is not quantised."""
    return getattr(config, "quantization_config", None) or getattr(
        config.get_text_config(), "quantization_config", None
    )


def check_method(library: Any, quantisation: Any, source: str) -> None:
    """ModelError for a method that transformers would leave out, taking packed weights for plain ones."""
    if quantisation is None or not isinstance(quantisation, dict):
        return
    known = library.quantizers.auto.AUTO_QUANTIZATION_CONFIG_MAPPING
    if quantisation.get("load_in_8bit") or quantisation.get("load_in_4bit"):
        return
    if method_of(quantisation) not in known:
        raise ModelError(
            f"{source} is quantised by {method_of(quantisation)!r}, which this transformers does not know.",
            "Get the model unquantised, or a transformers that knows it.",
        )


def method_of(quantisation: Any) -> str:
    """gptq, awq, bitsandbytes …; '' for a checkpoint that is not quantised."""
    if isinstance(quantisation, dict):
        return str(quantisation.get("quant_method") or "unknown method")
    named = getattr(quantisation, "quant_method", "")
    return str(getattr(named, "value", named))


def lacking(source: str, quantisation: Any, error: ImportError) -> ModelError:
    """A library that a checkpoint needs is not installed; transformers' words name it."""
    method = method_of(quantisation)
    needs = f"is quantised ({method}) and needs a library" if method else "needs a library"
    return ModelError(f"{source} {needs} that is not installed: {one_line(error)}")


def check_scales(unused: Iterable[str], source: str) -> None:
    """ModelError if scales of weights are not used: without them the weights are other numbers."""
    dropped = next((name for name in unused if any(fnmatch(name, pattern) for pattern in _SCALES)), None)
    if dropped is not None:
        raise ModelError(
            f"The weights of {source} are quantised ({dropped}), and its config.json does not say how.",
            "Get the config.json that belongs to them, with its quantization_config.",
        )
