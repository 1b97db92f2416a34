"""The bytes of each token, from any fast or slow Hugging Face tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from tui.core.progress import Report, quiet
from tui.errors import InputError
from tui.models.finding import Findable
from tui.models.framing import framing_notes
from tui.models.token_bytes import TokenBytes

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class Vocabulary(Findable):
    """A tokenizer's tokens as bytes; an id that it does not use has none."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, width: int, bos: int | None = None) -> None:
        """`bos`: what generate() starts from without a prompt; None: the tokenizer's BOS."""
        super().__init__(width)
        self._tokenizer = tokenizer
        self._names = {int(token): text for text, token in tokenizer.get_vocab().items()}
        self._special = {int(token) for token in tokenizer.all_special_ids}
        self._bytes = TokenBytes(tokenizer, self._names)
        self._bos = tokenizer.bos_token_id if bos is None else bos

    def encode(self, text: str, report: Report = quiet, *, add_special_tokens: bool = True) -> list[int]:
        """Ids of a prompt; one BOS for an empty prompt, as generate() does. InputError if there is no BOS."""
        ids = self._ids(text, add_special_tokens) if text else []
        if ids:
            return ids
        if self._bos is None:
            raise InputError("The prompt is empty and this model has no BOS token to start from.", "Type a prompt.")
        return [int(self._bos)]

    def _ids(self, text: str, add_special_tokens: bool) -> list[int]:
        return [int(token) for token in self._tokenizer(text, add_special_tokens=add_special_tokens)["input_ids"]]

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
            shown = str(self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
        except Exception as error:  # a template is a program, and raises what it likes
            raise InputError(f"The chat template refuses this: {' '.join(str(error).split())}") from None
        return self._ids(shown, add_special_tokens=False)

    def notes(self, ids: Sequence[int], *, plain: bool) -> list[str]:
        """Whether a prompt's ids begin with BOS twice or end with EOS, and if so, whether the tokenizer did it."""
        known = self._tokenizer
        begins, ends = (known.bos_token_id, known.cls_token_id), (known.eos_token_id, known.sep_token_id)
        return framing_notes(ids, begins, ends, self._names, self._appended if plain else None)

    @cached_property
    def _appended(self) -> int | None:
        """The special token that the tokenizer puts behind every text, if any."""
        ids, bare = (self._ids("a", add_special_tokens) for add_special_tokens in (True, False))
        return ids[-1] if ids and ids[-1:] != bare[-1:] else None

    def special(self, token: int) -> bool:
        """True for control tokens and for ids that the tokenizer does not use."""
        return token in self._special or token not in self._names

    def piece(self, token: int, before: Sequence[int] | None = None) -> bytes:
        """What a token adds to the text, as bytes; nothing for an id that the tokenizer does not use."""
        return self._bytes.after(before, token)
