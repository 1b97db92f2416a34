"""A tokenizer of every kind that can be made without a download."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    ByT5Tokenizer,
    CanineTokenizer,
    CTRLTokenizer,
    PerceiverTokenizer,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

TEXTS = ["hello world, hello there!", "the quick brown fox jumps over the lazy dog", "naïve 한국어 unbelievable 🦄"] * 9
BYTE_TOKENS = [f"<0x{byte:02X}>" for byte in range(256)]
SPECIALS = ["<unk>", "<s>", "</s>"]


def fast(backend: Tokenizer, **more: Any) -> PreTrainedTokenizerFast:
    names = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=backend, **names, **more)


def trained(model: Any, trainer: Any, before: Any, decoder: Any = None) -> PreTrainedTokenizerFast:
    backend = Tokenizer(model)
    backend.pre_tokenizer = before
    if decoder is not None:
        backend.decoder = decoder
    backend.train_from_iterator(TEXTS, trainer)
    return fast(backend)


def bpe(size: int = 150, **more: Any) -> trainers.BpeTrainer:
    return trainers.BpeTrainer(vocab_size=size, special_tokens=SPECIALS, show_progress=False, **more)


def byte_level(decoder: Any = None) -> PreTrainedTokenizerFast:
    letters = pre_tokenizers.ByteLevel.alphabet()
    before = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return trained(models.BPE(), bpe(320, initial_alphabet=letters), before, decoder or decoders.ByteLevel())


def metaspace(sign: str = "▁", prepend: str = "always") -> PreTrainedTokenizerFast:
    parts = {"replacement": sign, "prepend_scheme": prepend}
    model = models.BPE(unk_token="<unk>")
    return trained(model, bpe(), pre_tokenizers.Metaspace(**parts), decoders.Metaspace(**parts))


def unigram() -> PreTrainedTokenizerFast:
    trainer = trainers.UnigramTrainer(vocab_size=120, special_tokens=SPECIALS, unk_token="<unk>", show_progress=False)
    return trained(models.Unigram(), trainer, pre_tokenizers.Metaspace(), decoders.Metaspace())


def llama() -> PreTrainedTokenizerFast:
    """Llama 2's kind: `▁` for a blank, a token for each byte, one leading blank taken away in decoding."""
    names = [*SPECIALS, *BYTE_TOKENS, "▁", *"abcé한", "▁a", "▁ab", "▁▁", ",", "▁,"]
    model = models.BPE(
        vocab={name: number for number, name in enumerate(names)}, merges=[("▁", "a"), ("▁a", "b"), ("▁", "▁")],
        unk_token="<unk>", fuse_unk=True, byte_fallback=True,
    )  # fmt: skip
    backend = Tokenizer(model)
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    parts = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    backend.decoder = decoders.Sequence(parts)
    return fast(backend)


def wordpiece(*, cleanup: bool = True) -> PreTrainedTokenizerFast:
    trainer = trainers.WordPieceTrainer(vocab_size=120, special_tokens=SPECIALS, show_progress=False)
    model, decoder = models.WordPiece(unk_token="<unk>"), decoders.WordPiece(cleanup=cleanup)
    return trained(model, trainer, pre_tokenizers.BertPreTokenizer(), decoder)


def word_level() -> PreTrainedTokenizerFast:
    trainer = trainers.WordLevelTrainer(special_tokens=SPECIALS, show_progress=False)
    return trained(models.WordLevel(unk_token="<unk>"), trainer, pre_tokenizers.Whitespace())


def end_of_word() -> PreTrainedTokenizerFast:
    """The first GPT's kind: a sign at the end of a word's last token."""
    model = models.BPE(unk_token="<unk>", end_of_word_suffix="</w>")
    trainer = bpe(end_of_word_suffix="</w>")
    return trained(model, trainer, pre_tokenizers.BertPreTokenizer(), decoders.BPEDecoder("</w>"))


def ctc() -> PreTrainedTokenizerFast:
    """Speech's kind: a token that follows itself is one letter, `|` is a blank, and <pad> is nothing."""
    names = {name: number for number, name in enumerate([*SPECIALS, "<pad>", "|", *"abcde"])}
    backend = Tokenizer(models.WordLevel(names, unk_token="<unk>"))
    backend.decoder = decoders.CTC("<pad>", "|")
    return fast(backend, pad_token="<pad>")


def ctrl(folder: Path) -> CTRLTokenizer:
    """A tokenizer in Python whose tokens are marked where a word goes on."""
    names = ["<unk>", "un@@", "be@@", "liev@@", "able", "hello", "a@@", "b"]
    (folder / "vocab.json").write_text(json.dumps({name: number for number, name in enumerate(names)}))
    (folder / "merges.txt").write_text("#version: 0.2\nh e\n")
    return CTRLTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))


MAKERS: dict[str, Callable[[Path], PreTrainedTokenizerBase]] = {
    "byte-level": lambda _: byte_level(),
    "byte-level in a sequence": lambda _: byte_level(decoders.Sequence([decoders.Fuse(), decoders.ByteLevel()])),
    "metaspace": lambda _: metaspace(),
    "metaspace with a sign of its own": lambda _: metaspace("_"),
    "metaspace, nothing prepended": lambda _: metaspace("~", "never"),
    "unigram": lambda _: unigram(),
    "llama": lambda _: llama(),
    "wordpiece": lambda _: wordpiece(),
    "wordpiece, untidied": lambda _: wordpiece(cleanup=False),
    "word-level": lambda _: word_level(),
    "end of word": lambda _: end_of_word(),
    "ctc": lambda _: ctc(),
    "byt5": lambda _: ByT5Tokenizer(),
    "perceiver": lambda _: PerceiverTokenizer(),
    "canine": lambda _: CanineTokenizer(),
    "ctrl": ctrl,
}


def framed(special: str = "<s> $A </s>") -> PreTrainedTokenizerFast:
    """A tokenizer that puts these special tokens around a text."""
    tokenizer = metaspace()
    ids = [(name, SPECIALS.index(name)) for name in ("<s>", "</s>") if name in special]
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(single=special, special_tokens=ids)
    return tokenizer
