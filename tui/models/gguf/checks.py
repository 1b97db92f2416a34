"""Chooses the GGUF file of a folder, and refuses in one line a file that transformers cannot read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from tui.errors import ModelError
from tui.models.foreign import is_pointer, pointer
from tui.models.gguf.header import GgufHeader, read_gguf
from tui.models.header import Header, check_sizes
from tui.models.waiting import one_line, shown

SUFFIX = ".gguf"
PACKAGES = ("gguf", "accelerate")
"""What transformers needs to read such a file; the extra `gguf` installs both."""
REMEDY = "Get the whole file anew."
NAMED = 4
"""How many files a message names."""
_PIECE = re.compile(r"-(\d{5})-of-\d{5}\.gguf$", re.IGNORECASE)
_PROJECTOR = "mmproj"
"""Begins the name of a file that turns images into embeddings for the model beside it."""
_SIZES = (
    "block_count", "embedding_length", "feed_forward_length", "attention.head_count", "attention.head_count_kv",
    "expert_count", "vocab_size",
)  # fmt: skip
"""Metadata that say how large something is, after the architecture's name."""


def is_extra(name: str) -> bool:
    """True if a file is no model by itself: a further piece of a split one, or a projector of images."""
    piece = _PIECE.search(name)
    return (piece is not None and int(piece[1]) > 1) or name.lower().startswith(_PROJECTOR)


def gguf_of(names: Iterable[str], source: str) -> str | None:
    """The name of the one GGUF model among a folder's files; None if there is none. ModelError for several."""
    files = sorted(name for name in names if name.lower().endswith(SUFFIX) and not is_extra(name))
    if len(files) > 1:
        listed = ", ".join(files[:NAMED]) + (f" and {len(files) - NAMED} more" if len(files) > NAMED else "")
        raise ModelError(f"{source} holds {len(files)} GGUF files: {listed}.", "Give one of them, with its path.")
    return files[0] if files else None


def check_gguf(file: Path, source: str) -> GgufHeader:
    """The header of a GGUF file. ModelError if it is damaged, forged, not whole, or nothing that transformers reads."""
    if is_pointer(file):
        raise pointer(file.name, str(file.parent))
    try:
        header = read_gguf(file)
    except OSError as error:
        raise ModelError(f"{source} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise ModelError(f"{source} is a damaged GGUF file: {one_line(error)}.", REMEDY) from None
    _check_whole(header, source)
    check_sizes(
        {name: header.number(name) for name in (f"{header.architecture}.{size}" for size in _SIZES)},
        sizes_of(header), source,
    )  # fmt: skip
    _check_packages(source)
    _check_architecture(header, source)
    return header


def sizes_of(header: GgufHeader) -> Header:
    """The sizes of the file's weights."""
    longest = max(max(tensor.shape) for tensor in header.tensors.values())
    return Header(len(header.tensors), header.parameters, longest, said_by="header", remedy=REMEDY)


def _check_whole(header: GgufHeader, source: str) -> None:
    pieces = header.number("split.count") or 1
    if pieces > 1:
        raise ModelError(
            f"{source} is one of {pieces} pieces of a GGUF model, and transformers reads one file only.",
            "Join them: `llama-gguf-split --merge FIRST-PIECE WHOLE.gguf`.",
        )
    if not header.architecture:
        raise ModelError(f"{source} is a GGUF file that names no architecture.", REMEDY)
    if not header.tensors:
        raise ModelError(f"{source} is a GGUF file without weights.", "Give the file that has them.")
    if "tokenizer.ggml.tokens" not in header.lengths:
        raise ModelError(f"{source} is a GGUF file without a tokenizer.", "Give a whole model.")


def _check_packages(source: str) -> None:
    lacking = [name for name in PACKAGES if find_spec(name) is None]
    if lacking:
        raise ModelError(
            f"{source} is a GGUF file, and {' and '.join(lacking)}, which transformers reads it with, "
            f"{'is' if len(lacking) == 1 else 'are'} not installed.",
            "pip install 'samplescope[gguf]'",
        )


def _check_architecture(header: GgufHeader, source: str) -> None:
    from transformers.integrations.ggml import GGUF_CONFIG_MAPPING
    from transformers.integrations.gguf.gguf_config_mapping import GGUF_CONFIG_ARCHS

    known = {_plain(name) for name in (*GGUF_CONFIG_MAPPING, *GGUF_CONFIG_ARCHS)} - {"general", "tokenizer"}
    if _plain(header.architecture) not in known:
        raise ModelError(
            f"{source} is a GGUF file of the architecture {shown(header.architecture)}, which this transformers "
            "cannot read.",
            "Serve it with llama.cpp's llama-server and give that server's address, or get the model as safetensors.",
        )


def _plain(name: str) -> str:
    """An architecture's name without the signs by which transformers and llama.cpp differ."""
    return name.replace("-", "").replace("_", "")
