"""Tokens as bytes: what an id stands for, from any fast or slow Hugging Face tokenizer."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import TYPE_CHECKING

from tui.errors import InputError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_BYTE_TOKEN = re.compile(r"<0x([0-9A-F]{2})>")
_NUMBER = re.compile(r"#(\d{1,18})", re.ASCII)
_SPIECE = "▁"


def byte_alphabet() -> dict[str, int]:
    """GPT-2's letters for bytes (`Ġ` for a blank): character → byte."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {chr(byte): byte for byte in plain}
    return letters | {chr(256 + index): byte for index, byte in enumerate(others)}


def _byte_level(tokenizer: PreTrainedTokenizerBase) -> bool:
    """True if the tokenizer's tokens are written in that alphabet."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    decoder = json.loads(backend.to_str()).get("decoder") or {} if backend is not None else {}
    return any(part.get("type") == "ByteLevel" for part in decoder.get("decoders", [decoder]))


class Vocabulary:
    """The tokenizer's tokens, and `⟨unused id⟩` for rows beyond them."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, width: int) -> None:
        self._tokenizer = tokenizer
        self._width = width
        self._names = {int(token): text for text, token in tokenizer.get_vocab().items()}
        self._special = {int(token) for token in tokenizer.all_special_ids}
        self._added = {int(token): str(added) for token, added in tokenizer.added_tokens_decoder.items()}
        self._alphabet = byte_alphabet() if _byte_level(tokenizer) else None
        self._pieces: dict[int, bytes] = {}

    def encode(self, text: str) -> list[int]:
        """Ids of a prompt; one BOS for an empty one, as generate() without inputs. InputError if there is none."""
        ids = [int(token) for token in self._tokenizer(text)["input_ids"]]
        if ids:
            return ids
        if self._tokenizer.bos_token_id is None:
            raise InputError("The prompt is empty and this model has no BOS token to start from.", "Type a prompt.")
        return [int(self._tokenizer.bos_token_id)]

    def special(self, token: int) -> bool:
        """True for control tokens and ids the tokenizer does not use."""
        return token in self._special or token not in self._names

    def piece(self, token: int) -> bytes:
        """A token's bytes; it may be half a character."""
        if (piece := self._pieces.get(token)) is None:
            piece = self._pieces[token] = self._bytes_of(token)
        return piece

    def _bytes_of(self, token: int) -> bytes:
        if token in self._added:
            return self._added[token].encode()
        text = self._names.get(token)
        if text is None:
            return f"⟨unused {token}⟩".encode()
        if self._alphabet is not None:
            return self._from_alphabet(text, self._alphabet)
        match = _BYTE_TOKEN.fullmatch(text)
        return bytes([int(match[1], 16)]) if match else text.replace(_SPIECE, " ").encode("utf-8", "replace")

    @staticmethod
    def _from_alphabet(text: str, alphabet: dict[str, int]) -> bytes:
        if all(char in alphabet for char in text):
            return bytes(alphabet[char] for char in text)
        return text.encode("utf-8", "replace")

    @cached_property
    def _folded(self) -> list[str]:
        """Every token's text in lower case, for searching."""
        return [self.piece(token).decode("utf-8", "replace").casefold() for token in range(self._width)]

    def matches(self, wanted: str, limit: int) -> list[int]:
        """Ids whose text is, starts with, or holds `wanted` (blanks before it aside), best match first."""
        if match := _NUMBER.fullmatch(wanted):
            return [int(match[1])] if int(match[1]) < self._width else []
        folded = wanted.casefold()
        bare = folded.strip() or folded
        hits = [token for token, text in enumerate(self._folded) if bare in text]
        hits.sort(key=lambda token: self._distance(token, wanted, folded, bare))
        return hits[:limit]

    def _distance(self, token: int, wanted: str, folded: str, bare: str) -> tuple[int, int]:
        text = self._folded[token]
        exact = self.piece(token) == wanted.encode("utf-8", "replace")
        order = (exact, text == folded, text.strip() == bare, text.strip().startswith(bare), True)
        return order.index(True), len(text)
