"""Joins the bytes of tokens into text, across characters whose bytes are split over several tokens."""

from __future__ import annotations

import codecs
from collections.abc import Iterable

from tui.core.printable import printable_bytes


def decode_incrementally(pieces: Iterable[bytes]) -> list[str]:
    """The text each token completes: a token that ends inside a character gives '', the next one the whole character.

    Invalid UTF-8 becomes U+FFFD, at the token that makes it certain.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    texts = [decoder.decode(piece) for piece in pieces]
    rest = decoder.decode(b"", True)
    if rest and texts:
        texts[-1] += rest
    return texts


def join_text(pieces: Iterable[bytes]) -> str:
    """The whole text of consecutive tokens; invalid UTF-8 becomes U+FFFD."""
    return b"".join(pieces).decode("utf-8", "replace")


def unused_name(token: int) -> str:
    """How an id is shown that stands for no token, or for a special one without text."""
    return f"⟨unused {token}⟩"


def printable_token(piece: bytes, token: int, special: bool) -> str:
    """A token's bytes as `printable_bytes` shows them; the name of an id that stands for no token."""
    return printable_bytes(piece) if piece or not special else unused_name(token)


def token_text(piece: bytes, token: int, special: bool) -> str:
    """A token's text for a person, half characters as U+FFFD; the name of an id that stands for no token."""
    return piece.decode("utf-8", "replace") if piece or not special else unused_name(token)


def quoted(name: str) -> str:
    """A token's printable name within a sentence: `‹,›`; bare it would read as part of the sentence."""
    return f"‹{name}›"
