"""Checks quantised checkpoints: the method must be known, its library installed, and its scales used."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatch
from typing import Any

from tui.errors import ModelError
from tui.models.waiting import one_line

_SCALES = ("*.weight_scale*", "*.weight.*", "*.scales", "*.qzeros", "*.qweight", "*.SCB", "*_blocks", "*_scales")
"""Patterns of the names of tensors that packed or scaled weights cannot be read without."""


def quantisation_of(config: Any) -> Any:
    """The checkpoint's quantization_config; None if it is not quantised."""
    return getattr(config, "quantization_config", None) or getattr(
        config.get_text_config(), "quantization_config", None
    )


def check_method(library: Any, quantisation: Any, source: str) -> None:
    """Raise ModelError for a method that transformers does not know: it would load packed weights as plain ones."""
    if quantisation is None or not isinstance(quantisation, dict):
        return
    known = library.quantizers.auto.AUTO_QUANTIZATION_CONFIG_MAPPING
    if quantisation.get("load_in_8bit") or quantisation.get("load_in_4bit"):
        return
    if quantisation_method(quantisation) not in known:
        raise ModelError(
            f"{source} is quantised by {quantisation_method(quantisation)!r}, which this transformers does not know.",
            "Get the model unquantised, or a transformers that knows it.",
        )


def quantisation_method(quantisation: Any) -> str:
    """The name of a quantisation's method (gptq, awq, bitsandbytes …); '' for a checkpoint that is not quantised."""
    if isinstance(quantisation, dict):
        return str(quantisation.get("quant_method") or "unknown method")
    named = getattr(quantisation, "quant_method", "")
    return str(getattr(named, "value", named))


def missing_library(source: str, quantisation: Any, error: ImportError) -> ModelError:
    """The error for a library that a checkpoint needs and that is not installed; transformers' message names it."""
    method = quantisation_method(quantisation)
    needs = f"is quantised ({method}) and needs a library" if method else "needs a library"
    return ModelError(f"{source} {needs} that is not installed: {one_line(error)}")


def check_scales(unused: Iterable[str], source: str) -> None:
    """Raise ModelError if a tensor of scales is unused: the weights are other numbers without it."""
    dropped = next((name for name in unused if any(fnmatch(name, pattern) for pattern in _SCALES)), None)
    if dropped is not None:
        raise ModelError(
            f"The weights of {source} are quantised ({dropped}), and its config.json does not say how.",
            "Get the config.json that belongs to them, with its quantization_config.",
        )
