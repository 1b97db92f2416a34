"""The demo model's data: text to tokenizer to arrays of token ids."""

import lzma
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

END_OF_TEXT = "<|endoftext|>"
"""The one special token, id 0: it begins and ends every text."""
VOCABULARY = 8192
LINES_PER_CHUNK = 20_000

Ids = npt.NDArray[np.uint16]


def open_text(folder: Path, name: str) -> IO[str]:
    """Open `name`.txt or, where there is none, `name`.txt.xz in `folder`."""
    plain = folder / f"{name}.txt"
    if plain.exists():
        return plain.open(encoding="utf-8", newline="")
    return lzma.open(folder / f"{name}.txt.xz", "rt", encoding="utf-8", newline="")


def lines_of(folder: Path, name: str) -> Iterator[str]:
    """Yield the lines of a text, ends kept."""
    with open_text(folder, name) as source:
        yield from source


def chunks_of(folder: Path, name: str) -> Iterator[str]:
    """Yield the text in pieces of many whole lines: large enough to encode fast."""
    lines = lines_of(folder, name)
    while chunk := "".join(islice(lines, LINES_PER_CHUNK)):
        yield chunk


def train_tokenizer(folder: Path) -> Tokenizer:
    """Train a byte-level BPE of 8,192 tokens on every second line of the training text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(islice(lines_of(folder, "train"), 0, None, 2), trainer)
    return tokenizer


def load_or_train_tokenizer(folder: Path, work: Path, earlier: Path | None = None) -> Tokenizer:
    """Return the tokenizer kept in `work`: the first time an `earlier` model's, or trained from `folder`."""
    path = work / "tokenizer.json"
    if not path.exists():
        temporary = path.with_suffix(".tmp")
        tokenizer = Tokenizer.from_file(str(earlier / path.name)) if earlier else train_tokenizer(folder)
        tokenizer.save(str(temporary))
        temporary.replace(path)
    return Tokenizer.from_file(str(path))


def load_or_encode(folder: Path, name: str, tokenizer: Tokenizer, work: Path) -> Ids:
    """Return the ids of a text, mapped from a file in `work` that the first call makes."""
    path = work / f"{name}.bin"
    if not path.exists():
        temporary = path.with_suffix(".tmp")
        with temporary.open("wb") as sink:
            for chunk in chunks_of(folder, name):
                sink.write(np.array(tokenizer.encode(chunk).ids, np.uint16).tobytes())
        temporary.replace(path)
    return np.memmap(path, np.uint16, "r")


def size_in_bytes(folder: Path, name: str) -> int:
    """Count the UTF-8 bytes of a text."""
    return sum(len(line.encode()) for line in lines_of(folder, name))
