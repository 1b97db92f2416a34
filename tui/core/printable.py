"""Makes any text safe and visible on a terminal: one line, no control character, nothing of zero width.

A vocabulary holds escape sequences, bidi overrides and half characters; all text that comes from a token, a prompt, a
file name or a server goes through these functions before it reaches the screen.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

EMPTY = "∅"
_STRAY = re.compile("([\udc80-\udcff])")
_NAMED = {"\n": "↵", "\t": "⇥", " ": "·", "\x7f": "␡"}
_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
_MARKS = {"Mn", "Me"}
# Selectors, fillers and modifiers outside these categories: alone they have no width, or one that differs by terminal.
_ZERO_WIDTH = frozenset(
    (
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0x1F3FB, 0x1F400),
        *range(0xE0100, 0xE01F0),
    )
)


def _shown(char: str) -> str:
    """What stands on screen for one character: itself, a visible mark, or its number."""
    if char in _NAMED:
        return _NAMED[char]
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if unicodedata.category(char) in _HIDDEN or code in _ZERO_WIDTH:
        return _by_number(char)
    return "·" if unicodedata.category(char) == "Zs" else char


def _by_number(char: str) -> str:
    return f"⟨{ord(char):02X}⟩"


def combines(char: str) -> bool:
    """True if a terminal draws this character onto the one before it: marks, vowels and finals of conjoining Hangul."""
    return unicodedata.category(char) in _MARKS or 0x1161 <= ord(char) <= 0x11FF or 0xD7B0 <= ord(char) <= 0xD7FB


def printable(text: str, *, space: str = "·") -> str:
    """`text` on one line with every character visible: ` cat` → `·cat`, ESC → `␛`, U+202E → `⟨202E⟩`, '' → `∅`.

    `space` is what stands for a plain blank: a mark in lists, a blank in the running text.
    """
    if not text:
        return EMPTY
    shown = "".join(map(_shown, text)) if space == "·" else "".join(space if c == " " else _shown(c) for c in text)
    if unicodedata.category(text[0]) == "Mc":
        return _by_number(text[0]) + shown[1:]  # terminals disagree on whether a spacing mark alone has a width
    return "◌" + shown if combines(text[0]) and shown[0] == text[0] else shown


@lru_cache(maxsize=65536)
def printable_bytes(data: bytes, *, space: str = "·") -> str:
    """A token's bytes: its text where they are UTF-8, `⟨E2⟩` for each byte that is not."""
    # surrogateescape gives a stray byte 0x80–0xFF as U+DC80–U+DCFF: split there, and show the byte.
    runs = _STRAY.split(data.decode("utf-8", "surrogateescape"))
    shown = [f"⟨{ord(run) - 0xDC00:02X}⟩" if _STRAY.match(run) else printable(run, space=space) for run in runs if run]
    return "".join(shown) or EMPTY
