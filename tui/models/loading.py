"""Loading a checkpoint without running its code, asking on stdin, or accepting half of it."""

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
from tui.errors import ModelError
from tui.models import notes
from tui.models.checkpoint import Checkpoint, check
from tui.models.configuration import configuration_of
from tui.models.foreign import file_instead
from tui.models.placing import placement
from tui.models.quantisation import check_scales, lacking, quantisation_of
from tui.models.refusals import missing_package, refused
from tui.models.waiting import one_line

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

DEMO = Path(__file__).parent / "demo"


@dataclass(frozen=True)
class Loaded:
    """A model, which has no generation_config yet, and what is known of it from its files."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    source: str
    """As it was asked for."""
    name: str
    """For the screen."""
    checkpoint: Checkpoint
    notes: Sequence[str]
    """What of the checkpoint is not used."""


def load(origin: Origin, report: Report) -> Loaded:
    """The model of a folder, a Hugging Face id, or the demo model where none is named.

    ModelError if it cannot be found, is no causal model, has no tokenizer, lacks weights, or needs what nobody allowed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # errors are ours to tell, and stderr is nobody's
        return _load(origin, report)


def _load(origin: Origin, report: Report) -> Loaded:
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    source = str(DEMO) if origin.model is None else origin.model
    checkpoint = check(_folder(origin, report), source, origin)
    report("importing torch", 0, None, "")
    library = _transformers()
    config = configuration_of(library, checkpoint, source, origin)
    quantisation = quantisation_of(config)
    keywords, target = placement(origin, quantised=quantisation is not None)
    report("loading the tokenizer", 0, None, "")
    tokenizer = _tokenizer(library, checkpoint.folder, source, origin)
    report("loading the weights", 0, None, "")
    keywords["use_safetensors"] = None if checkpoint.header is None else True
    keywords["trust_remote_code"] = origin.trust_remote_code
    try:
        model, unused = _model(library, checkpoint.folder, source, keywords)
    except ImportError as error:
        raise lacking(source, quantisation, error) from None
    report("placing the weights", 0, None, "")
    return Loaded(
        (model if target is None else _moved(model, target)).eval(), tokenizer, source,
        "demo" if origin.model is None else checkpoint.folder.name if Path(source).is_dir() else source,
        checkpoint, [*checkpoint.notes, *notes.unused(unused), *notes.own_generate(checkpoint.folder)],
    )  # fmt: skip


def _folder(origin: Origin, report: Report) -> Path:
    """Where the checkpoint lies; one of the hub is fetched first."""
    if origin.model is None:
        return DEMO
    path = Path(origin.model)
    if path.is_dir():
        return path
    if path.is_file():
        raise file_instead(path)
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


def _tokenizer(library: Any, folder: Path, source: str, origin: Origin) -> PreTrainedTokenizerBase:
    try:
        tokenizer: PreTrainedTokenizerBase = library.AutoTokenizer.from_pretrained(
            folder, trust_remote_code=origin.trust_remote_code
        )
    except Exception as error:  # tokenizers raises plain Exception
        raise missing_package(folder, source) or refused(source, error, "tokenizer") from None
    return tokenizer


def _model(library: Any, folder: Path, source: str, keywords: dict[str, Any]) -> tuple[PreTrainedModel, list[str]]:
    """The model with all its weights, and the tensors it has no use for.

    ModelError names weights that are missing or of another shape. The generation_config is tried afterwards.
    """
    try:
        model, info = library.AutoModelForCausalLM.from_pretrained(
            folder, output_loading_info=True, ignore_mismatched_sizes=True,  # named below
            generation_config=library.GenerationConfig(), **keywords,
        )  # fmt: skip
    except ImportError:
        raise
    except Exception as error:  # transformers raises many kinds (SafetensorError, RuntimeError, OSError, …)
        raise refused(source, error, "model") from None
    unused = sorted(info.get("unexpected_keys") or ())
    check_scales(unused, source)
    misshapen = (f"{name} (shape {tuple(found)})" for name, found, *_ in info.get("mismatched_keys") or ())
    if missing := [*sorted(info.get("missing_keys") or ()), *sorted(misshapen)]:
        raise ModelError(
            f"The checkpoint {source} lacks weights: {notes.some(missing)}.", "They would be random; get a whole one."
        )
    return model, unused


def _moved(model: Any, device: str) -> Any:
    """The model on its device. ModelError if it has no room there."""
    try:
        return model.to(device)
    except RuntimeError as error:  # torch.OutOfMemoryError is one
        raise ModelError(f"The model does not go onto {device}: {one_line(error)}", "Try --device cpu.") from None
