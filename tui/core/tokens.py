"""Tokens are bytes: joining them back into text, across characters that several tokens share."""

from __future__ import annotations

import codecs
from collections.abc import Iterable


def decode_incrementally(pieces: Iterable[bytes]) -> list[str]:
    """The text each token completes; a token that ends inside a character gives '' and the next gives it whole.

    Bytes that never become UTF-8 come out as U+FFFD, at the token that proves it.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    texts = [decoder.decode(piece) for piece in pieces]
    rest = decoder.decode(b"", True)
    if rest and texts:
        texts[-1] += rest
    return texts


def join_text(pieces: Iterable[bytes]) -> str:
    """The whole text of a run of tokens, half characters joined."""
    return b"".join(pieces).decode("utf-8", "replace")
