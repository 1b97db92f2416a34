"""What can be copied: the text, the token, its row, the plot, the settings; each as plain text under a name."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tui.core.export import FORMATS
from tui.core.settings import Settings
from tui.core.story import Node
from tui.core.tokens import join_text
from tui.protocol import Candidate

_ENDINGS = {"generate": ".py", "generation_config": ".json", "vllm": ".json", "llama.cpp": ".json"}
_ROW = ("rank", "token", "id", "bytes", "raw", "tempered", "final", "cumulative", "removed by")


class Copyable(NamedTuple):
    """A text that can be copied, or written to a file of a suggested name."""

    title: str
    text: str
    stem: str
    ending: str
    lost: Sequence[str] = ()
    """Settings in force that the text cannot express."""
    notes: Sequence[str] = ()
    """What a reader of the text should know, a sentence each."""


def branch_copy(branch: Iterable[Node]) -> Copyable:
    """The text of a branch, the prompt included."""
    return Copyable("the text", join_text(node.piece for node in branch), "text", ".txt")


def token_copy(candidate: Candidate) -> Copyable:
    """A token's own text; bytes that complete no character are U+FFFD."""
    return Copyable("the token", candidate.piece.decode("utf-8", "replace"), "token", ".txt")


def row_copy(candidate: Candidate) -> Copyable:
    """A candidate's numbers in full precision, tab-separated under their names; empty where a number is not known."""
    numbers = (candidate.raw, candidate.tempered, candidate.final, candidate.cumulative)
    cells = [
        str(candidate.rank or ""),
        repr(candidate.piece.decode("utf-8", "replace")),
        str(candidate.token),
        candidate.piece.hex(" "),
        *("" if math.isnan(number) else repr(number) for number in numbers),
        candidate.removed_by,
    ]
    return Copyable("the row", "\t".join(_ROW) + "\n" + "\t".join(cells) + "\n", "row", ".tsv")


def plot_copy(lines: Iterable[str]) -> Copyable:
    """A plot as it is drawn."""
    return Copyable("the plot", "\n".join(line.rstrip() for line in lines) + "\n", "plot", ".txt")


def settings_copies(settings: Settings, seed: int) -> list[Copyable]:
    """The settings in force, as each of the other programs takes them."""
    made = {name: make(settings, seed) for name, make in FORMATS.items()}
    return [
        Copyable(one.title, one.text, f"settings-{name.replace('.', '')}", _ENDINGS[name], one.lost, one.notes)
        for name, one in made.items()
    ]
