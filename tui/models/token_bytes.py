"""What each token adds to the text, as bytes: what the tokenizer's own decode makes of it, not how it is spelled."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from tui.models.base import CONTEXT

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_BYTE_TOKEN = re.compile(r"<0x([0-9A-F]{2})>")
_CONTINUES = "@@"
"""CTRL's mark at the end of a token that the next one continues."""
_CONTEXT_FREE = frozenset({"ByteLevel", "ByteFallback", "Metaspace", "WordPiece", "Replace", "Fuse", "Strip"})
"""Decoders of `tokenizers` that do the same to a token wherever it stands, but for the first one."""
_JOINING = frozenset({"ByteLevel", "Fuse"})
"""Decoders after which the text is one piece: what a later one replaces may span tokens."""
_TRIED_FOR_AN_ANCHOR = 2000


def byte_alphabet() -> dict[str, int]:
    """GPT-2's letters for bytes (`Ġ` for a blank): character → byte."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {chr(byte): byte for byte in plain}
    return letters | {chr(256 + index): byte for index, byte in enumerate(others)}


def latin_alphabet() -> dict[str, int]:
    """ByT5's letters for bytes: the character of that number."""
    return {chr(byte): byte for byte in range(256)}


class TokenBytes:
    """The bytes by which each token makes the text longer.

    They are the difference between the decoded text with and without the token. Where that is no whole character, the
    tokenizer decodes to U+FFFD or nothing, and the bytes come from the letters that it writes bytes with.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, names: Mapping[int, str]) -> None:
        """`names`: how the tokenizer writes each token that it uses, by id."""
        self._tokenizer = tokenizer
        self._names = names
        self._decode = _decode_of(tokenizer)
        self._context_free = _context_free(tokenizer)
        self._continues = self._joined(f"a{_CONTINUES}", "b") == "ab"
        self._byte_tokens = self._joined("<0xC4>", "<0x81>") == "ā"
        self._letters = next((letters for letters in (byte_alphabet(), latin_alphabet()) if self._writes(letters)), {})
        self._inside: dict[int, bytes] = {}

    def after(self, before: Sequence[int] | None, token: int) -> bytes:
        """A token's bytes after some ids: none at the beginning of a text; None: inside any text."""
        if before is not None and not (before and self._context_free):
            return self._bytes(before[-CONTEXT:], token)
        if (piece := self._inside.get(token)) is None:
            piece = self._inside[token] = self._bytes(self._anchor, token)
        return piece

    def _bytes(self, before: Sequence[int], token: int) -> bytes:
        if token not in self._names:
            return b""
        spelled = self._spelled(self._names[token])
        if spelled is not None and not _is_text(spelled):
            return spelled
        without = self._anchor_text if before is self._anchor else self._text(before)
        return _difference(without, self._text([*before, token])).encode("utf-8", "surrogatepass")

    def _text(self, ids: Sequence[int]) -> str:
        """The decoded text, without a mark at its end that another token would take away."""
        if not ids:
            return ""
        text = self._decode([*ids])
        return text.removesuffix(_CONTINUES) if self._continues else text

    def _spelled(self, name: str) -> bytes | None:
        """The bytes that a token is written for, if it is written in letters for bytes."""
        if self._byte_tokens and (match := _BYTE_TOKEN.fullmatch(name)):
            return bytes([int(match[1], 16)])
        if self._letters and all(char in self._letters for char in name):
            return bytes(self._letters[char] for char in name)
        return None

    def _writes(self, letters: Mapping[str, int]) -> bool:
        """True if the tokenizer takes these letters for bytes."""
        by_byte = {byte: letter for letter, byte in letters.items()}
        return self._joined(*(by_byte[byte] for byte in "ā".encode())) == "ā"

    def _joined(self, *names: str) -> str:
        """The text of tokens that need not be in the vocabulary; '' if the tokenizer does not take them."""
        try:
            return str(self._tokenizer.convert_tokens_to_string(list(names)))
        except Exception:  # a tokenizer in Python may raise anything at a name that is not its own
            return ""

    @cached_property
    def _anchor(self) -> list[int]:
        """A token of plain letters, to stand for any text before a token; none if there is no such token."""
        special = set(self._tokenizer.all_special_ids)
        tried = sorted(token for token in self._names if token not in special)[:_TRIED_FOR_AN_ANCHOR]
        return next(([token] for token in tried if self._text([token]).isalnum()), [])

    @cached_property
    def _anchor_text(self) -> str:
        return self._text(self._anchor)


def _difference(without: str, whole: str) -> str:
    """What follows in `whole` after the part that it shares with `without`."""
    if whole.startswith(without):
        return whole[len(without) :]
    pairs = zip(without, whole, strict=False)
    return whole[next((place for place, (a, b) in enumerate(pairs) if a != b), len(whole)) :]


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decodes_by_library(tokenizer: PreTrainedTokenizerBase) -> bool:
    """True if `decode` is the `tokenizers` library's; a class of its own may do anything."""
    from transformers import PreTrainedTokenizerFast

    return type(tokenizer)._decode is PreTrainedTokenizerFast._decode


def _decode_of(tokenizer: Any) -> Callable[[list[int]], str]:
    """The tokenizer's `decode` with every token and no tidying of blanks; straight from the library, half the time."""
    if _decodes_by_library(tokenizer):
        return partial(tokenizer.backend_tokenizer.decode, skip_special_tokens=False)
    return partial(tokenizer.decode, skip_special_tokens=False, clean_up_tokenization_spaces=False)


def _context_free(tokenizer: PreTrainedTokenizerBase) -> bool:
    """True if decoding surely makes the same of a token after any text."""
    if not _decodes_by_library(tokenizer):
        return False
    decoder = tokenizer.backend_tokenizer.decoder
    return decoder is None or _each_token_alone(json.loads(decoder.__getstate__()))


def _each_token_alone(decoder: Mapping[str, Any]) -> bool:
    """True if a decoder of `tokenizers` looks at one token at a time, or at the beginning of the text."""
    joined = False
    for part in decoder.get("decoders", [decoder]):
        kind = part["type"]
        if kind not in _CONTEXT_FREE or (joined and (kind == "Replace" or (kind == "Strip" and part["stop"]))):
            return False
        joined = joined or kind in _JOINING
    return True
