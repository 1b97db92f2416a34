"""An error's sentences in the explorer's words, where nobody types options."""

from __future__ import annotations

from collections.abc import Mapping

from tui.core.stages import MAX_NEW_TOKENS, PARAMETERS, SEED
from tui.errors import OPTION

_NAMES: Mapping[str, str] = {
    **{record.flag: record.label for record in PARAMETERS.values()},
    **{record.flag: record.name.replace("_", " ") for record in (SEED, MAX_NEW_TOKENS)},
    "--greedy": "greedy ({greedy})",
    "--chat": "the chat template ({chat})",
    "--order": "the order ({order})",
    "--grid": "the grid",
    "--samples": "the number of continuations",
}
"""What a person of the explorer can change there, by its option; `{action id}` stands for a key."""


def in_explorer(sentence: str) -> str:
    """`sentence` with each option in the explorer's words: `{--dtype float32}` → `the start option dtype float32`.

    `{action id}` is left for `tui.keys.Keymap.phrase`.
    """
    phrased = OPTION.sub(lambda found: f"{_named(found[1])} {found[2] or ''}".rstrip(), sentence)
    return phrased[:1].upper() + phrased[1:] if sentence.startswith("{") else phrased


def _named(flag: str) -> str:
    return _NAMES.get(flag) or f"the start option {flag.removeprefix('--')}"
