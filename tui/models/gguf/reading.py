"""Reads a GGUF file through transformers: what must be told it, what it must not do, and what it does not read.

The private names of transformers that this needs are in this file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from tui.core.progress import Report
from tui.models.gguf.header import GgufHeader

STAGE = "unpacking the weights"
DTYPE = "float32"
"""The dtype of the unpacked weights where a person asks for none: it holds what the blocks say."""
_ENDS = ("eos", "eot", "eom")
"""Tokens that end a text, as llama.cpp names them: of a text, of a turn, of a message."""
_SPLITS_DIGITS = frozenset({"smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"})
"""llama.cpp's names of the ways to cut a text that make each digit a piece, and else cut as GPT-2 does."""
_AS_GPT2 = frozenset({"gpt-2", "phi-2", "olmo", "mpt"})
"""Those that cut as GPT-2 does, which is what transformers does with a name it does not know."""
_ROTARY = ("rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight")


def ids_of(header: GgufHeader) -> dict[str, Any]:
    """The special tokens that a generation_config would name, from the metadata."""
    named = {name: header.number(f"tokenizer.ggml.{name}_token_id") for name in ("bos", "padding", *_ENDS)}
    ends = [named[name] for name in _ENDS if named[name] is not None]
    asked = {"bos_token_id": named["bos"], "pad_token_id": named["padding"], "eos_token_id": list(dict.fromkeys(ends))}
    return {name: ids for name, ids in asked.items() if ids not in (None, [])}


def name_of(header: GgufHeader) -> str:
    """The model's name for a person: that of the file, but that of the model where the file is named by a checksum."""
    return header.file.name if header.file.suffix else header.text("general.name") or header.file.name


def packed_as(header: GgufHeader) -> str:
    """How the file stores what is unpacked; '' if its numbers are float32 already."""
    return "" if header.stored_as == "F32" else header.stored_as


@contextmanager
def reading(library: Any, report: Report) -> Iterator[dict[str, Any]]:
    """The keywords by which from_pretrained unpacks all weights; an exception in `report` ends it.

    Without them transformers may keep the blocks, and compute with kernels that it fetches from the hub.
    """

    def told(tensors: Sequence[Any], **_: object) -> Iterator[Any]:
        for number, tensor in enumerate(tensors):
            report(STAGE, number, len(tensors), "tensors")
            yield tensor

    with (
        _replaced("transformers.modeling_gguf_pytorch_utils", "tqdm", told),
        _replaced("transformers.integrations.gguf.kernels", "is_kernels_available", lambda: False),
    ):
        yield {"quantization_config": library.GgufConfig(dequantize=True)}


@contextmanager
def _replaced(source: str, name: str, value: object) -> Iterator[None]:
    """For a while, another function under a name that a module of transformers calls."""
    module = import_module(source)  # it is no attribute of its package before it is imported
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


def mend_tokenizer(tokenizer: Any, header: GgufHeader) -> None:
    """Cut texts at digits where llama.cpp does and transformers, which does not know that name, does not."""
    from tokenizers import pre_tokenizers

    if _is_byte_level(header) and _cut(header) in _SPLITS_DIGITS:
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )


def notes_on(header: GgufHeader, model: Any) -> list[str]:
    """What a person may not expect of this file, in one line each."""
    return [*_stored(header, model), *_unread(header, model), *_unscaled(header, model), *_uncut(header)]


def _stored(header: GgufHeader, model: Any) -> Iterable[str]:
    dtype = str(model.dtype).removeprefix("torch.")
    if header.stored_as != "F32" or dtype != DTYPE:
        yield f"{header.stored_as} weights in {dtype}; llama.cpp computes with other arithmetic"


def _unread(header: GgufHeader, model: Any) -> Iterable[str]:
    """A line if the file has more numbers than the model: transformers drops a tensor that it does not know."""
    surplus = header.parameters - sum(weight.numel() for weight in model.parameters())
    if surplus > 0 and not any(name in header.tensors for name in _ROTARY):
        yield f"{surplus:,} of the file's {header.parameters:,} numbers are not read; the logits are not those of all"


def _unscaled(header: GgufHeader, model: Any) -> Iterable[str]:
    """A line if the file scales the rotary embedding and the model does not."""
    scaled = header.text(f"{header.architecture}.rope.scaling.type") not in ("", "none")
    rope = getattr(model.config.get_text_config(), "rope_parameters", None) or {}
    plain = rope.get("rope_type", "default") == "default"
    if plain and (scaled or any(name in header.tensors for name in _ROTARY)):
        yield "transformers does not read how this file scales its rotary embedding; the logits are not llama.cpp's"


def _uncut(header: GgufHeader) -> Iterable[str]:
    """A line if transformers does not know how this tokenizer cuts a text."""
    from transformers.integrations.gguf.gguf_tokenizer_mapping import GGUF_PRE_TOKENIZER_SPLITS

    if _is_byte_level(header) and _cut(header) not in (*GGUF_PRE_TOKENIZER_SPLITS, *_SPLITS_DIGITS, *_AS_GPT2):
        yield f"the tokenizer cuts texts as {_cut(header)!r} does, here as GPT-2 does: some ids are not llama.cpp's"


def _is_byte_level(header: GgufHeader) -> bool:
    return header.text("tokenizer.ggml.model") == "gpt2"


def _cut(header: GgufHeader) -> str:
    return header.text("tokenizer.ggml.pre")
