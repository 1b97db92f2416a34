"""Loading a checkpoint without running its code, asking on stdin, or accepting half of it."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tui.core.progress import Report
from tui.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

DEMO = Path(__file__).parent / "demo"
CONNECT_SECONDS = 5.0
DTYPES = ("auto", "float32", "bfloat16", "float16")


def load(
    name: str | None, device: str, dtype: str, report: Report
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, str]:
    """(model, tokenizer, display name) of a folder, a Hugging Face id, or None for the demo model.

    ModelError if it cannot be found, is no causal model, has no tokenizer, or lacks weights.
    """
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    source = str(DEMO) if name is None else name
    _check_source(source)
    report("importing torch", 0, None, "")
    import torch
    import transformers as library

    transformers: Any = library
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    target = _check_device(torch, device)
    report("loading the tokenizer", 0, None, "")
    tokenizer = _tokenizer(transformers, source)
    report("loading the weights", 0, None, "")
    model: Any = _model(transformers, source, dtype)
    shown = "demo" if name is None else Path(name).name if Path(name).is_dir() else name
    return model.to(target).eval(), tokenizer, shown


def _check_source(source: str) -> None:
    """ModelError at once for what is neither a folder, nor in the hub's cache, nor to be fetched from here."""
    if Path(source).is_dir():
        return
    from huggingface_hub import constants, try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        cached = try_to_load_from_cache(source, "config.json") is not None
    except HFValidationError:
        raise ModelError(f"There is no folder {source}.", "Give a folder with a model, or a Hugging Face id.") from None
    if not cached and (constants.HF_HUB_OFFLINE or not _reachable(constants.ENDPOINT)):
        raise ModelError(
            f"There is no model {source!r} here: no such folder, not in the Hugging Face cache, and the hub cannot be "
            "reached.",
            "Check the name, or leave -m out for the demo model.",
        )


def _reachable(endpoint: str) -> bool:
    """One connection instead of the library's half a minute of retries."""
    address = urlsplit(endpoint)
    try:
        with socket.create_connection((address.hostname or "", address.port or 443), timeout=CONNECT_SECONDS):
            return True
    except OSError:
        return False


def _check_device(torch: Any, device: str) -> str:
    if device == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "cpu"
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(f"Device {device!r} cannot be used: {_first_line(error)}", "Try --device cpu.") from None
    return device


def _tokenizer(transformers: Any, source: str) -> PreTrainedTokenizerBase:
    try:
        tokenizer: PreTrainedTokenizerBase = transformers.AutoTokenizer.from_pretrained(source, trust_remote_code=False)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _cannot_load(source, error, "tokenizer") from None
    return tokenizer


def _model(transformers: Any, source: str, dtype: str) -> PreTrainedModel:
    if dtype not in DTYPES:
        raise ModelError(f"--dtype must be one of {', '.join(DTYPES)}, not {dtype!r}.")
    try:
        model, info = transformers.AutoModelForCausalLM.from_pretrained(
            source, dtype=dtype, use_safetensors=True, trust_remote_code=False, output_loading_info=True,
            ignore_mismatched_sizes=True,  # so that they are named below
        )  # fmt: skip
    except Exception as error:  # transformers raises many kinds (SafetensorError, RuntimeError, OSError, …)
        raise _cannot_load(source, error, "model") from None
    misshapen = (f"{name} (shape {tuple(found)})" for name, found, *_ in info.get("mismatched_keys") or ())
    missing = sorted(info.get("missing_keys") or ()) + sorted(misshapen)
    if missing:
        names = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise ModelError(f"The checkpoint {source} lacks weights: {names}.", "They would be random; get a whole one.")
    loaded: PreTrainedModel = model
    return loaded


def _cannot_load(source: str, error: Exception, what: str) -> ModelError:
    if not Path(source).exists() and isinstance(error, OSError):
        return ModelError(
            f"There is no model {source!r}: no such folder, and not on the Hugging Face hub.",
            "Check the name, or leave -m out for the demo model.",
        )
    return ModelError(f"The {what} in {source} cannot be loaded: {_first_line(error)}")


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
