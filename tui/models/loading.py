"""Loads a checkpoint without running its code, without asking on stdin, and only if all weights are there."""

from __future__ import annotations

import logging
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.core.origin import Origin
from tui.core.progress import Report
from tui.errors import ModelError
from tui.models.checkpoint import check
from tui.models.placing import placement
from tui.models.waiting import one_line

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

DEMO = Path(__file__).parent / "demo"
NAMED = 3
"""How many of the missing tensors an error names."""
_ENCODERS = "It fills gaps in a text and cannot go on with one: samplescope looks at causal language models."


Loaded = tuple["PreTrainedModel", "PreTrainedTokenizerBase", str]


def load(origin: Origin, report: Report) -> Loaded:
    """Load (model, tokenizer, display name) from a folder or a Hugging Face id; without one, the demo model.

    ModelError if it cannot be found, is no causal model, has no tokenizer, lacks weights, or needs code or a pickle
    that is not allowed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a person sees ModelErrors only, not stderr
        return _load(origin, report)


def _load(origin: Origin, report: Report) -> Loaded:
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    source = str(DEMO) if origin.model is None else origin.model
    folder = _folder(origin, report)
    safetensors = check(folder, source, origin)
    report("importing torch", 0, None, "")
    library = _transformers()
    config = _configuration(library, folder, source, origin)
    quantisation = getattr(config, "quantization_config", None)
    keywords, target = placement(origin, quantised=quantisation is not None)
    report("loading the tokenizer", 0, None, "")
    tokenizer = _tokenizer(library, folder, source, origin)
    report("loading the weights", 0, None, "")
    keywords |= {"use_safetensors": True if safetensors else None, "trust_remote_code": origin.trust_remote_code}
    try:
        model = _model(library, folder, source, keywords)
    except ImportError as error:
        raise _missing_library(source, quantisation, error) from None
    report("placing the weights", 0, None, "")
    model = model if target is None else _moved_to(model, target)
    shown = "demo" if origin.model is None else folder.name if Path(source).is_dir() else source
    return model.eval(), tokenizer, shown


def _folder(origin: Origin, report: Report) -> Path:
    """The checkpoint's folder; a model of the hub is downloaded first."""
    if origin.model is None:
        return DEMO
    if Path(origin.model).is_dir():
        return Path(origin.model)
    from tui.models.hub import fetch

    return fetch(origin, report)


def _transformers() -> Any:
    """Import transformers, and keep it from drawing progress bars and writing to stderr."""
    import transformers as library

    transformers: Any = library
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    logging.getLogger("accelerate").setLevel(logging.ERROR)
    return transformers


def _configuration(library: Any, folder: Path, source: str, origin: Origin) -> Any:
    """The checkpoint's configuration. ModelError if AutoModelForCausalLM cannot load a usable model from it."""
    try:
        config = library.AutoConfig.from_pretrained(folder, trust_remote_code=origin.trust_remote_code)
    except Exception as error:  # a configuration's own checks raise any kind
        raise _load_error(source, error, "configuration") from None
    if origin.trust_remote_code and "AutoModelForCausalLM" in (getattr(config, "auto_map", None) or {}):
        return config
    named = (getattr(config, "architectures", None) or [type(config).__name__])[0]
    # GPT-NeoX is a decoder although its `is_decoder` is False: there the class name decides.
    if getattr(config, "is_decoder", True) is False and not named.endswith(("ForCausalLM", "Config")):
        raise ModelError(f"{source} is an encoder ({named}), no causal language model.", _ENCODERS)
    if type(config) not in library.MODEL_FOR_CAUSAL_LM_MAPPING:
        if config.get_text_config() is not config:
            raise ModelError(
                f"{source} is multimodal ({named}), and transformers cannot load its text decoder alone.",
                "Give a text model.",
            )
        raise ModelError(f"{source} is no causal language model ({named}).", "Give one that goes on with a text.")
    return config


def _tokenizer(library: Any, folder: Path, source: str, origin: Origin) -> PreTrainedTokenizerBase:
    try:
        tokenizer: PreTrainedTokenizerBase = library.AutoTokenizer.from_pretrained(
            folder, trust_remote_code=origin.trust_remote_code
        )
    except Exception as error:  # tokenizers raises plain Exception
        raise _load_error(source, error, "tokenizer") from None
    return tokenizer


def _model(library: Any, folder: Path, source: str, keywords: dict[str, Any]) -> PreTrainedModel:
    """The model with all its weights; ModelError names tensors that are missing or have another shape."""
    try:
        model, info = library.AutoModelForCausalLM.from_pretrained(
            folder, output_loading_info=True, ignore_mismatched_sizes=True, **keywords  # named below
        )  # fmt: skip
    except ImportError:
        raise
    except Exception as error:  # transformers raises many kinds (SafetensorError, RuntimeError, OSError, …)
        raise _load_error(source, error, "model") from None
    misshapen = (f"{name} (shape {tuple(found)})" for name, found, *_ in info.get("mismatched_keys") or ())
    if missing := [*sorted(info.get("missing_keys") or ()), *sorted(misshapen)]:
        raise ModelError(
            f"The checkpoint {source} lacks weights: {_first_names(missing)}.", "They would be random; get a whole one."
        )
    loaded: PreTrainedModel = model
    return loaded


def _moved_to(model: Any, device: str) -> Any:
    """Move the model to its device. ModelError if it does not fit there."""
    try:
        return model.to(device)
    except RuntimeError as error:  # torch.OutOfMemoryError is one
        raise ModelError(f"The model does not go onto {device}: {one_line(error)}", "Try --device cpu.") from None


def _first_names(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def _load_error(source: str, error: Exception, what: str) -> ModelError:
    if "trust_remote_code" in str(error):
        return ModelError(
            f"{source} needs Python code of its own repository to load, which was not run.",
            "--trust-remote-code runs it, if you trust whoever wrote it.",
        )
    if "Weights only load failed" in str(error):
        return ModelError(f"The pickle in {source} holds more than weights, and was not opened.", "Do not trust it.")
    return ModelError(f"The {what} in {source} cannot be loaded: {one_line(error)}")


def _missing_library(source: str, quantisation: Any, error: ImportError) -> ModelError:
    """The error for a library that a checkpoint needs and that is not installed; transformers' message names it."""
    method = _quantisation_method(quantisation)
    needs = f"is quantised ({method}) and needs a library" if method else "needs a library"
    return ModelError(f"{source} {needs} that is not installed: {one_line(error)}")


def _quantisation_method(quantisation: Any) -> str:
    """The name of a quantisation's method (gptq, awq, bitsandbytes …); '' for a checkpoint that is not quantised."""
    if isinstance(quantisation, dict):
        return str(quantisation.get("quant_method") or "unknown method")
    named = getattr(quantisation, "quant_method", "")
    return str(getattr(named, "value", named))
