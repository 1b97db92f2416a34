"""Joins the bytes of tokens into text, across characters whose bytes are split over several tokens."""

from __future__ import annotations

import codecs
from collections.abc import Iterable


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
