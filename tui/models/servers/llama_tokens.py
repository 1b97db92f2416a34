"""A llama.cpp server's tokenizer: the server encodes text, and the bytes of each id are read from it once."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tui.core.progress import Report, quiet
from tui.errors import InputError
from tui.models.finding import Findable
from tui.models.framing import framing_notes
from tui.models.servers.http import Client

ENDS = (
    "</s>", "<|endoftext|>", "<|end_of_text|>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<|eot|>",
    "<end_of_turn>", "<turn|>", "<|return|>", "<|END_OF_TURN_TOKEN|>", "<|endofturn|>", "[EOS]",
)  # fmt: skip
"""Tokens that some model ends a text or a turn with; the server is asked which of them end its model's texts."""
CHATML = "<|im_start|>"
"""A mark in the chat template that llama.cpp uses for a model without one."""
SEPARATOR = "\n"


class Piece(msgspec.Struct):
    """A token with its bytes."""

    id: int
    bytes: list[int]


class Token(msgspec.Struct):
    """A token of an encoded text; its piece is text, or a list of bytes if it is not UTF-8."""

    id: int
    piece: str | list[int]


class _Tokens(msgspec.Struct):
    tokens: list[Token]


class _Content(msgspec.Struct):
    content: str


class _Prompt(msgspec.Struct):
    prompt: str


def tokenize(client: Client, text: str, report: Report, *, special: bool) -> list[Token]:
    """Let the server encode a text; `special`: with the special tokens that the model wants around it."""
    sent = text.encode("utf-8", "replace").decode()
    body = {"content": sent, "add_special": special, "parse_special": True, "with_pieces": True}
    return client.ask("/tokenize", body, _Tokens, report, vocabulary=len(sent)).tokens


def _detokenize(client: Client, ids: Sequence[int], report: Report) -> str:
    return client.ask("/detokenize", {"tokens": list(ids)}, _Content, report).content


class LlamaTokens(Findable):
    """The `Tokens` of a llama.cpp server's model."""

    def __init__(
        self, client: Client, pieces: list[bytes], control: dict[int, str], bos: int | None, chat: bool
    ) -> None:
        super().__init__(len(pieces))
        self._client = client
        self._pieces = [piece or control.get(token, "").encode() for token, piece in enumerate(pieces)]
        self._special = frozenset(token for token, piece in enumerate(pieces) if not piece)
        self._bos = bos
        self.chat = chat

    @classmethod
    def read(cls, client: Client, pieces: list[bytes], bos: str, template: str, report: Report) -> LlamaTokens:
        """Ask the server how control tokens are written, and find BOS and whether the model has a chat template."""
        control = _control_names(client, [token for token, piece in enumerate(pieces) if not piece], report)
        by_name = {name: token for token, name in control.items()}
        # llama.cpp gives every model a template. It is not the model's own if its marks are not even tokens.
        chat = bool(template) and (CHATML not in template or CHATML in by_name)
        return cls(client, pieces, control, by_name.get(bos), chat)

    def encode(self, text: str, report: Report = quiet, *, add_special_tokens: bool = True) -> list[int]:
        """Ids of a prompt, encoded by the server; one BOS for an empty prompt. InputError if there is no BOS."""
        tokens = tokenize(self._client, text, report, special=add_special_tokens) if text else []
        ids = [token.id for token in tokens]
        if ids:
            return ids
        if self._bos is None:
            raise InputError("The prompt is empty and this model has no BOS token to start from.", "Type a prompt.")
        return [self._bos]

    def encode_chat(self, text: str, system: str, report: Report = quiet) -> list[int]:
        """Ids of a user's message in the server's chat template; InputError if the model has none."""
        if not self.chat:
            raise InputError("This model has no chat template.", "Leave {--chat} out, or switch it off.")
        messages = [{"role": "system", "content": system}] if system else []
        messages.append({"role": "user", "content": text})
        shown = self._client.ask("/apply-template", {"messages": messages}, _Prompt, report).prompt
        return self.encode(shown, report)  # the BOS that `encode` adds is the one the server took off the template

    def notes(self, ids: Sequence[int], *, plain: bool) -> list[str]:
        """Whether a prompt's ids begin with BOS twice or end with a token that ends texts."""
        ends = self.possible_ends("")
        names = {token: self._pieces[token].decode("utf-8", "replace") for token in (*ids[:1], *ids[-1:])}
        return framing_notes(ids, (self._bos,), ends, names, None)

    def piece(self, token: int, before: Sequence[int] | None = None) -> bytes:
        """A token's bytes, the same after any text; it may be half a character."""
        return self._pieces[token]

    def special(self, token: int) -> bool:
        """True for control tokens and unused ids: the server gives them no bytes."""
        return token in self._special

    def possible_ends(self, eos: str) -> list[int]:
        """Ids of the tokens that may end a text: `eos` and those in `ENDS`."""
        names = {name.encode() for name in (eos, *ENDS) if name}
        return [token for token, piece in enumerate(self._pieces) if piece in names]


def _control_names(client: Client, control: list[int], report: Report) -> dict[int, str]:
    """Control token → how it is written. One request for all; one for each if they cannot be separated in that."""
    if not control:
        return {}
    separator = tokenize(client, SEPARATOR, report, special=False)
    if len(separator) == 1:
        joined = [token for one in control for token in (separator[0].id, one, separator[0].id)]
        names = _detokenize(client, joined, report).split(SEPARATOR * 2)
        if len(names) == len(control):
            names = [name.strip(SEPARATOR) for name in names]
            return {token: name for token, name in zip(control, names, strict=True) if name}
    named = {token: _detokenize(client, [token], report) for token in control}
    return {token: name for token, name in named.items() if name}
