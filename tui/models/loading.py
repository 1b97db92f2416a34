"""Loads a checkpoint without running its code, without asking on stdin, and only if all weights are there."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.core.origin import Origin
from tui.core.progress import Report
from tui.errors import ModelError, SamplescopeError
from tui.models import notes
from tui.models.checkpoint import Checkpoint, check
from tui.models.configuration import configuration_of
from tui.models.foreign import file_instead, is_gguf
from tui.models.gguf import reading as gguf
from tui.models.placing import placement
from tui.models.quantisation import check_scales, missing_library, quantisation_of
from tui.models.refusals import load_error, missing_package
from tui.models.waiting import one_line
from tui.paths import is_file, is_folder

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

DEMO = Path(__file__).parent / "demo"


@dataclass(frozen=True)
class Loaded:
    """A loaded model, whose generation_config is not set yet, with its tokenizer and its checkpoint."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    source: str
    """The folder or Hugging Face id that was asked for."""
    name: str
    """The name shown to a person."""
    checkpoint: Checkpoint
    notes: Sequence[str]
    """One line for each thing in the checkpoint that is not used."""


def load(origin: Origin, report: Report) -> Loaded:
    """Load the model of a folder or a Hugging Face id; without one, the demo model.

    ModelError if it cannot be found, is no causal model, has no tokenizer, lacks weights, or needs code or a pickle
    that is not allowed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a person sees ModelErrors only, not stderr
        return _load(origin, report)


def _load(origin: Origin, report: Report) -> Loaded:
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    source = str(DEMO) if origin.model is None else origin.model
    checkpoint = check(_place(origin, report), source, origin)
    report("importing torch", 0, None, "")
    library = _transformers()
    config = configuration_of(library, checkpoint, source, origin)
    quantisation = quantisation_of(config)
    keywords, target = placement(origin, quantised=quantisation is not None)
    report("loading the tokenizer", 0, None, "")
    tokenizer = _tokenizer(library, checkpoint, source, origin)
    report("loading the weights", 0, None, "")
    keywords["use_safetensors"] = None if checkpoint.header is None else True
    keywords["trust_remote_code"] = origin.trust_remote_code
    try:
        model, unused = _read(library, checkpoint, source, keywords, report)
    except ImportError as error:
        raise missing_library(source, quantisation, error) from None
    report("placing the weights", 0, None, "")
    return Loaded(
        (model if target is None else _moved_to(model, target)).eval(), tokenizer, source,
        _name(checkpoint, origin), checkpoint, [*checkpoint.notes, *notes.unused(unused), *_notes(checkpoint, model)],
    )  # fmt: skip


def _name(checkpoint: Checkpoint, origin: Origin) -> str:
    """The model's name for a person."""
    if origin.model is None:
        return "demo"
    if checkpoint.gguf is not None:
        return gguf.name_of(checkpoint.gguf)
    return checkpoint.folder.resolve().name if is_folder(origin.model) else origin.model


def _notes(checkpoint: Checkpoint, model: Any) -> list[str]:
    if checkpoint.gguf is not None:
        return gguf.notes_on(checkpoint.gguf, model)
    return notes.own_generate(checkpoint.folder)


def _read(
    library: Any, checkpoint: Checkpoint, source: str, keywords: dict[str, Any], report: Report
) -> tuple[PreTrainedModel, list[str]]:
    """(the model, the names of unused tensors), from the folder or the GGUF file."""
    if checkpoint.gguf is None:
        return _model(library, checkpoint.folder, source, keywords)
    if keywords["dtype"] == "auto":
        keywords["dtype"] = gguf.DTYPE
    with gguf.reading(library, report) as unpacked:
        return _model(library, checkpoint.folder, source, {**keywords, **unpacked, **checkpoint.file})


def _place(origin: Origin, report: Report) -> Path:
    """The checkpoint's folder, or a GGUF file; a model of the hub is downloaded first."""
    if origin.model is None:
        return DEMO
    if is_folder(origin.model):
        return Path(origin.model)
    if is_file(origin.model):
        if is_gguf(Path(origin.model)):
            return Path(origin.model)
        raise file_instead(Path(origin.model))
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


def _tokenizer(library: Any, checkpoint: Checkpoint, source: str, origin: Origin) -> PreTrainedTokenizerBase:
    folder = checkpoint.folder
    try:
        tokenizer: PreTrainedTokenizerBase = library.AutoTokenizer.from_pretrained(
            folder, trust_remote_code=origin.trust_remote_code, **checkpoint.file
        )
    except Exception as error:  # tokenizers raises plain Exception
        missing = None if checkpoint.gguf else missing_package(folder, source)
        raise missing or load_error(source, error, "tokenizer") from None
    if checkpoint.gguf is not None:
        gguf.mend_tokenizer(tokenizer, checkpoint.gguf)
    return tokenizer


def _model(library: Any, folder: Path, source: str, keywords: dict[str, Any]) -> tuple[PreTrainedModel, list[str]]:
    """(the model with all its weights, the names of unused tensors); its generation_config is left empty.

    ModelError names tensors that are missing or have another shape.
    """
    try:
        model, info = library.AutoModelForCausalLM.from_pretrained(
            folder, output_loading_info=True, ignore_mismatched_sizes=True,  # named below
            generation_config=library.GenerationConfig(), **keywords,
        )  # fmt: skip
    except ImportError:
        raise
    except SamplescopeError:
        raise  # whoever waits has given it up
    except Exception as error:  # transformers raises many kinds (SafetensorError, RuntimeError, OSError, …)
        raise load_error(source, error, "model") from None
    unused = sorted(info.get("unexpected_keys") or ())
    check_scales(unused, source)
    misshapen = (f"{name} (shape {tuple(found)})" for name, found, *_ in info.get("mismatched_keys") or ())
    if missing := [*sorted(info.get("missing_keys") or ()), *sorted(misshapen)]:
        raise ModelError(
            f"The checkpoint {source} lacks weights: {notes.first_names(missing)}.",
            "They would be random; get a whole one.",
        )
    return model, unused


def _moved_to(model: Any, device: str) -> Any:
    """Move the model to its device. ModelError if it does not fit there."""
    try:
        return model.to(device)
    except RuntimeError as error:  # torch.OutOfMemoryError is one
        raise ModelError(f"The model does not go onto {device}: {one_line(error)}", "Try {--device cpu}.") from None
