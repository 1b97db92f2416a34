"""Loads the tokenizer of a server's model on this machine, because such servers send ids but not their bytes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.core.progress import Report
from tui.errors import ModelError
from tui.models.generation import token_set
from tui.models.probe import Listed, Probe
from tui.models.waiting import one_line, run_in_thread

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

STAGE = "loading the tokenizer"


def tokenizer_of(probe: Probe) -> tuple[PreTrainedTokenizerBase, frozenset[int]]:
    """(tokenizer, ids that end a text) of a server's model, from where a person or else the server says.

    ModelError if neither does, or if there is no tokenizer.
    """
    source = probe.origin.tokenizer or _root(probe.listed)
    if not source:
        raise ModelError(
            f"{probe.client.host} tells tokens' ids at most, not their bytes: the model's tokenizer is needed.",
            "Name it with --tokenizer: a folder, or a Hugging Face id.",
        )
    tokenizer = load_tokenizer(source, probe.report)
    return tokenizer, end_tokens(source, tokenizer)


def _root(listed: Listed | None) -> str:
    """The folder or hub id that vLLM loaded its model from; '' if it is a folder that this machine does not have."""
    root = (listed.root or "") if listed is not None and listed.owned_by == "vllm" else ""
    return root if Path(root).is_dir() or not Path(root).is_absolute() else ""


def load_tokenizer(source: str, report: Report) -> PreTrainedTokenizerBase:
    """The tokenizer of a folder or a Hugging Face id: from this machine, else the hub. ModelError if there is none."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    report(STAGE, 0, None, "")
    library = _transformers()

    def load(*, local: bool) -> PreTrainedTokenizerBase:
        tokenizer: PreTrainedTokenizerBase = library.AutoTokenizer.from_pretrained(
            source, local_files_only=local, trust_remote_code=False
        )
        return tokenizer

    try:
        return load(local=True)
    except Exception as error:  # tokenizers raises plain Exception
        if Path(source).is_dir():
            raise ModelError(f"The tokenizer in {source} cannot be loaded: {one_line(error)}") from None
    try:
        return run_in_thread(lambda: load(local=False), lambda: report(STAGE, 0, None, ""))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"There is no tokenizer {source!r}: no such folder, and none to be had from the Hugging Face hub "
            f"({one_line(error)}).",
            "Name the tokenizer of the server's model with --tokenizer.",
        ) from None


def end_tokens(source: str, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """The ids that end a text: those of the model's generation_config, or else the tokenizer's EOS."""
    try:
        ends: Any = _transformers().GenerationConfig.from_pretrained(source, local_files_only=True).eos_token_id
    except (OSError, ValueError):
        ends = None
    if ends is None:
        ends = tokenizer.eos_token_id
    return token_set(ends)


def _transformers() -> Any:
    import transformers as library

    transformers: Any = library
    transformers.utils.logging.set_verbosity_error()
    return transformers
