"""Hostile token text: no string or token acts on the terminal or leaves its line."""

import json
import os
import random
import re
import sys
import unicodedata
from pathlib import Path

import pytest

from tests.pty.explorer import ROOT, surroundings
from tests.ptyrun import Terminal
from tui.core.printable import printable, printable_bytes
from tui.models.token_bytes import byte_alphabet

F5, F10 = "\x1b[15~", "\x1b[21~"
GPT2 = "SAMPLESCOPE_GPT2_TOKENIZER"
ODDEST = 100

OWN = re.compile(
    "\x1b\\[[0-9;]*[mHABCDK]"  # colours, places
    "|\x1b\\[[?<>=][0-9;]*(?:[hlu]|\\$p)"  # modes, their queries, the keyboard
    "|\x1b\\[[0-9;]*[hl]"
    "|\x1b\\]22;[a-z-]*\x07"  # the pointer's shape
    "|\r|\n"
)
"""All control sequences that Textual itself sends."""
_RANK = re.compile(r"\s*([\d,]+)\s+(\S.*?)\s+(\d+) (?:[0-9a-f]{2} )")
"""A line of the list: rank, token, id, first bytes."""
ACTING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
HARMLESS = set("\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Joiners and Arabic, Syriac and Kaithi number signs: format characters by name, drawn like letters."""

PAYLOADS = (
    "\x1b]0;pwn\x07", "\x1b]0;pwn\x1b\\", "\x1b]52;c;cHduZWQ=\x1b\\", "\x1b]52;c;cHduZWQ=\x07", "\x1b[31m", "\x1b[2J",
    "\x1b[6n", "\x1b[?1049l", "\x1b(0", "\x1bc", "\x1bP+q544e\x1b\\", "\x1b]8;;http://x\x07y\x1b]8;;\x07", "\x9b31m",
    "\x9d0;x\x9c", "\x90q\x9c", "\x0e", "\x0f", "\x00", "\x07", "\x08", "\x0b", "\x0c", "\r", "\n", "\t", "\x7f",
    "\x85", "\u202egnp", "\u2066x\u2069", "\u2028", "\u2029", "\u200b", "\u200e", "\ufeff", "\xad",
    "\U000e0041", "\u0301",
    "\u0301" * 50, "\ud800", "\udcff", "\ufffd", "\ue000", "\U0010ffff", "\u3164", "\u115f", "👩‍👩‍👧‍👦", "🇬🇧",
    "👍🏽", "❤️",
    "한", "ᄒ\u1161\u11ab", "[/b]", "[/]", "[/", "[", "]", "[bold]x", "[0]", "\\[", "[@click=app.exit(3)]x[/]",
    "[link=https://evil]x[/link]", "[/INST]", "$", "{}", "%s", "", " ", "a" * 500, "𒐫" * 20, "﷽" * 10,
)  # fmt: skip
"""Each kind of attack and each awkward character."""


def strings(count, seed=7):
    """The payloads, then random mixtures of them with text and any code point."""
    draw = random.Random(seed)

    def mixture():
        parts = [draw.choice(PAYLOADS) for _ in range(draw.randint(1, 3))]
        parts += ["".join(chr(draw.randrange(0x110000)) for _ in range(draw.randint(0, 4))), draw.choice(["", "word "])]
        draw.shuffle(parts)
        return "".join(parts)

    return [*PAYLOADS, *(mixture() for _ in range(count - len(PAYLOADS)))]


@pytest.fixture(scope="session")
def vocabulary():
    """GPT-2's tokens, (id, bytes), the oddest first."""
    folder = os.environ.get(GPT2)
    if not folder:
        pytest.skip(f"{GPT2} does not name a folder with GPT-2's tokenizer.json")
    data = json.loads((Path(folder) / "tokenizer.json").read_text(encoding="utf-8"))
    letters = byte_alphabet()
    pieces = [(token, bytes(letters[char] for char in text)) for text, token in data["model"]["vocab"].items()]
    assert len(pieces) == 50_257
    return sorted(pieces, key=lambda pair: (-oddness(pair[1]), pair[0]))


def oddness(piece):
    """How odd a token is: its number of non-letters, with control characters and `[` weighing more."""
    plain = sum((chr(byte).isalnum() and byte < 0x80) or byte == 0x20 for byte in piece)
    control = sum(byte < 0x20 or byte == 0x7F for byte in piece)
    return 4 * control + 2 * (b"[" in piece) + len(piece) - plain


def run(tmp_path, kind, data, size):
    """Run the hostile app on a terminal."""
    file = tmp_path / "data.json"
    file.write_text(json.dumps(data), encoding="ascii")
    command = [sys.executable, "-m", "tests.pty.hostile_app", kind, file]
    return Terminal(command, size=size, cwd=ROOT, env=surroundings(tmp_path))


def assert_only_our_own(raw):
    """Assert that these bytes hold no control sequences but Textual's own."""
    rest = OWN.sub("", bytes(raw).decode("utf-8"))  # strict: not one stray byte either
    found = {char for char in rest if unicodedata.category(char) in ACTING} - HARMLESS
    assert found == set()
    assert b"\x1b]52" not in raw
    assert not re.search(rb"\x1b\][012];", raw)


def same(shown, meant):
    """True if two texts are equal on a terminal: composed and decomposed characters, and all blanks, count as equal."""
    shown, meant = (unicodedata.normalize("NFC", re.sub(r"\s", "", text)) for text in (shown, meant))
    return shown == meant or (shown.endswith("…") and meant.startswith(shown[:-1]))


def pages(terminal):
    """The screen of each page, until there are no more."""
    number, screen = 0, terminal.until("page 0 ")
    while "is the last" not in screen.rstrip().rsplit("\n", 1)[-1]:
        yield screen
        number += 1
        terminal.send(F5)
        screen = terminal.until(f"\npage {number} ")
    yield screen
    terminal.send(F10)
    assert terminal.wait() == 0


ODD_ENOUGH = pytest.param(2_000, id="odd")
ALL = pytest.param(50_257, id="all", marks=pytest.mark.long)


@pytest.mark.parametrize("count", [ODD_ENOUGH, ALL])
def test_every_token_has_a_row_of_its_own_in_the_list(tmp_path, vocabulary, count):
    data = [(token, piece.hex()) for token, piece in vocabulary[:count]]
    seen = {}
    with run(tmp_path, "rows", data, (140, 60)) as terminal:  # wide enough for a column of bytes
        for screen in pages(terminal):
            lines = [line for line in screen.split("\n") if _RANK.match(line)]
            for line in lines:
                rank, shown, token = _RANK.match(line).groups()
                seen[int(rank.replace(",", ""))] = (shown, int(token))
        assert_only_our_own(terminal.raw)
    assert sorted(seen) == list(range(1, count + 1))
    for rank, (token, piece) in enumerate(vocabulary[:count], start=1):
        assert seen[rank][1] == token
        assert same(seen[rank][0], printable_bytes(piece)), (rank, token)


@pytest.mark.parametrize("count", [ODD_ENOUGH, ALL])
def test_every_token_is_legible_in_the_text(tmp_path, vocabulary, count):
    data = [(token, piece.hex()) for token, piece in vocabulary[:count]]
    texts = iter(range(0, count, 400))
    with run(tmp_path, "text", data, (120, 60)) as terminal:
        for screen in pages(terminal):
            begin = next(texts)
            shown = "".join(line[1:-1] for line in screen.split("\n") if line.startswith("│"))
            meant = "".join(
                printable_bytes(piece, space=" ") + "|" for _, piece in vocabulary[:count][begin : begin + 400]
            )
            assert same(shown, meant), f"{begin}\n{screen}"
        assert_only_our_own(terminal.raw)


def put_everywhere(tmp_path, texts, size):
    with run(tmp_path, "places", texts, size) as terminal:
        assert terminal.wait(1800) == 0
        assert_only_our_own(terminal.raw)
        return OWN.sub("", terminal.raw.decode())


@pytest.mark.parametrize("size", [(120, 40)], ids=["120x40"])
def test_hostile_strings_act_in_no_place(tmp_path, size):
    written = put_everywhere(tmp_path, strings(100), size)
    assert printable("\x1b]0;pwn\x07") in written
    assert "[/INST]" in written


@pytest.mark.long
def test_five_thousand_hostile_strings_act_in_no_place(tmp_path):
    put_everywhere(tmp_path, strings(5000), (120, 40))


def test_the_oddest_tokens_act_in_no_place(tmp_path, vocabulary):
    put_everywhere(tmp_path, [piece.decode("utf-8", "replace") for _, piece in vocabulary[:ODDEST]], (120, 40))
