"""The bytes of each token, from any fast or slow Hugging Face tokenizer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tui.core.progress import Report, quiet
from tui.errors import InputError
from tui.models.finding import Findable

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_BYTE_TOKEN = re.compile(r"<0x([0-9A-F]{2})>")
_SPIECE = "▁"


def byte_alphabet() -> dict[str, int]:
    """GPT-2's byte-level alphabet (`Ġ` for a blank): character → byte."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {chr(byte): byte for byte in plain}
    return letters | {chr(256 + index): byte for index, byte in enumerate(others)}


def _byte_level(tokenizer: PreTrainedTokenizerBase) -> bool:
    """True if the tokenizer writes its tokens in GPT-2's byte-level alphabet."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    decoder = json.loads(backend.to_str()).get("decoder") or {} if backend is not None else {}
    return any(part.get("type") == "ByteLevel" for part in decoder.get("decoders", [decoder]))


class Vocabulary(Findable):
    """A tokenizer's tokens as bytes; an id that it does not use is `⟨unused id⟩`."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, width: int) -> None:
        super().__init__(width)
        self._tokenizer = tokenizer
        self._names = {int(token): text for text, token in tokenizer.get_vocab().items()}
        self._special = {int(token) for token in tokenizer.all_special_ids}
        self._added = {int(token): str(added) for token, added in tokenizer.added_tokens_decoder.items()}
        self._alphabet = byte_alphabet() if _byte_level(tokenizer) else None
        self._pieces: dict[int, bytes] = {}

    def encode(self, text: str, report: Report = quiet) -> list[int]:
        """Ids of a prompt; one BOS for an empty prompt, as generate() does. InputError if there is no BOS."""
        ids = [int(token) for token in self._tokenizer(text)["input_ids"]]
        if ids:
            return ids
        if self._tokenizer.bos_token_id is None:
            raise InputError("The prompt is empty and this model has no BOS token to start from.", "Type a prompt.")
        return [int(self._tokenizer.bos_token_id)]

    def encode_chat(self, text: str, system: str, report: Report = quiet) -> list[int]:
        """Ids of a user's message, after a system prompt if there is one, in the tokenizer's chat template.

        The template writes the special tokens itself, so none is added. InputError if there is no template, or if it
        refuses these messages.
        """
        if not getattr(self._tokenizer, "chat_template", None):
            raise InputError("This model has no chat template.", "Leave {--chat} out, or switch it off.")
        messages = [{"role": "system", "content": system}] if system else []
        messages.append({"role": "user", "content": text})
        try:
            shown = self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        except Exception as error:  # a template is a program, and raises what it likes
            raise InputError(f"The chat template refuses this: {' '.join(str(error).split())}") from None
        return [int(token) for token in self._tokenizer(shown, add_special_tokens=False)["input_ids"]]

    def special(self, token: int) -> bool:
        """True for control tokens and for ids that the tokenizer does not use."""
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
