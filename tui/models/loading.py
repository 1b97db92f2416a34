"""Loading a checkpoint without running its code, asking on stdin, or accepting half of it."""

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
from tui.paths import is_folder

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

DEMO = Path(__file__).parent / "demo"
NAMED = 3
"""How many of the tensors that are wrong are named."""
_ENCODERS = "It fills gaps in a text and cannot go on with one: samplescope looks at causal language models."


Loaded = tuple["PreTrainedModel", "PreTrainedTokenizerBase", str]


def load(origin: Origin, report: Report) -> Loaded:
    """(model, tokenizer, display name) of a folder, a Hugging Face id, or None for the demo model.

    ModelError if it cannot be found, is no causal model, has no tokenizer, lacks weights, or needs what nobody allowed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # errors are ours to tell, and stderr is nobody's
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
        raise _lacking(source, quantisation, error) from None
    report("placing the weights", 0, None, "")
    model = model if target is None else _moved(model, target)
    shown = "demo" if origin.model is None else folder.resolve().name if is_folder(source) else source
    return model.eval(), tokenizer, shown


def _folder(origin: Origin, report: Report) -> Path:
    """Where the checkpoint lies; one of the hub is fetched first."""
    if origin.model is None:
        return DEMO
    if is_folder(origin.model):
        return Path(origin.model)
    from tui.models.hub import fetch

    return fetch(origin, report)


def _transformers() -> Any:
    """transformers, which draws no bars and writes nothing to stderr from now on."""
    import transformers as library

    transformers: Any = library
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    logging.getLogger("accelerate").setLevel(logging.ERROR)
    return transformers


def _configuration(library: Any, folder: Path, source: str, origin: Origin) -> Any:
    """The checkpoint's configuration. ModelError for what AutoModelForCausalLM would load nothing sensible from."""
    try:
        config = library.AutoConfig.from_pretrained(folder, trust_remote_code=origin.trust_remote_code)
    except Exception as error:  # whatever a configuration's own checks raise
        raise _refused(source, error, "configuration") from None
    if origin.trust_remote_code and "AutoModelForCausalLM" in (getattr(config, "auto_map", None) or {}):
        return config
    named = (getattr(config, "architectures", None) or [type(config).__name__])[0]
    # GPT-NeoX has an `is_decoder` that says False: what the checkpoint's class is called decides there.
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
        raise _refused(source, error, "tokenizer") from None
    return tokenizer


def _model(library: Any, folder: Path, source: str, keywords: dict[str, Any]) -> PreTrainedModel:
    """The model with all its weights; ModelError names those that are missing or of another shape."""
    try:
        model, info = library.AutoModelForCausalLM.from_pretrained(
            folder, output_loading_info=True, ignore_mismatched_sizes=True, **keywords  # named below
        )  # fmt: skip
    except ImportError:
        raise
    except Exception as error:  # transformers raises many kinds (SafetensorError, RuntimeError, OSError, …)
        raise _refused(source, error, "model") from None
    misshapen = (f"{name} (shape {tuple(found)})" for name, found, *_ in info.get("mismatched_keys") or ())
    if missing := [*sorted(info.get("missing_keys") or ()), *sorted(misshapen)]:
        raise ModelError(
            f"The checkpoint {source} lacks weights: {_some(missing)}.", "They would be random; get a whole one."
        )
    loaded: PreTrainedModel = model
    return loaded


def _moved(model: Any, device: str) -> Any:
    """The model on its device. ModelError if it has no room there."""
    try:
        return model.to(device)
    except RuntimeError as error:  # torch.OutOfMemoryError is one
        raise ModelError(f"The model does not go onto {device}: {one_line(error)}", "Try {device cpu}.") from None


def _some(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def _refused(source: str, error: Exception, what: str) -> ModelError:
    if "trust_remote_code" in str(error):
        return ModelError(
            f"{source} needs Python code of its own repository to load, which was not run.",
            "{trust_remote_code} runs it, if you trust whoever wrote it.",
        )
    if "Weights only load failed" in str(error):
        return ModelError(f"The pickle in {source} holds more than weights, and was not opened.", "Do not trust it.")
    return ModelError(f"The {what} in {source} cannot be loaded: {one_line(error)}")


def _lacking(source: str, quantisation: Any, error: ImportError) -> ModelError:
    """A library that a checkpoint needs is not installed; transformers' words name it."""
    method = _method(quantisation)
    needs = f"is quantised ({method}) and needs a library" if method else "needs a library"
    return ModelError(f"{source} {needs} that is not installed: {one_line(error)}")


def _method(quantisation: Any) -> str:
    """gptq, awq, bitsandbytes …; '' for a checkpoint that is not quantised."""
    if isinstance(quantisation, dict):
        return str(quantisation.get("quant_method") or "unknown method")
    named = getattr(quantisation, "quant_method", "")
    return str(getattr(named, "value", named))
