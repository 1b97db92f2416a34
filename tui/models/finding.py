"""Finds tokens by their text or by `#id`, in any vocabulary that gives each token's bytes."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property

from tui.core.tokens import token_text

_NUMBER = re.compile(r"#(\d{1,18})", re.ASCII)


class Findable(ABC):
    """A vocabulary of `width` ids that can be searched."""

    def __init__(self, width: int) -> None:
        self._width = width

    @abstractmethod
    def piece(self, token: int, before: Sequence[int] | None = None) -> bytes:
        """What a token adds to the text, as bytes; without `before`, inside any text."""

    @abstractmethod
    def special(self, token: int) -> bool:
        """True for control tokens and ids without a token."""

    @cached_property
    def _folded(self) -> list[str]:
        """Every token's text case-folded for searching."""
        return [token_text(self.piece(token), token, self.special(token)).casefold() for token in range(self._width)]

    def matches(self, wanted: str, limit: int) -> list[int]:
        """At most `limit` ids whose text equals, starts with, or contains `wanted`, best match first.

        Case and surrounding blanks are ignored, but a match with the same ones comes first.
        """
        if match := _NUMBER.fullmatch(wanted):
            return [int(match[1])] if int(match[1]) < self._width else []
        folded = wanted.casefold()
        bare = folded.strip() or folded
        hits = [token for token, text in enumerate(self._folded) if bare in text]
        hits.sort(key=lambda token: self._distance(token, wanted, folded, bare))
        return hits[:limit]

    def _distance(self, token: int, wanted: str, folded: str, bare: str) -> tuple[int, int]:
        text = self._folded[token]
        piece, sought = self.piece(token), wanted.encode("utf-8", "replace")
        order = (
            piece == sought,
            piece.strip() == sought.strip(),
            text == folded,
            text.strip() == bare,
            text.strip().startswith(bare),
            True,
        )
        return order.index(True), len(text)
