"""How an error's sentences name an option: each front end in its own words.

An error does not know who reads it. It names an option as `{dtype}` or, with a value, `{dtype float32}`: the command
line says `--dtype float32`, the explorer, where nobody types options, `the start option dtype float32`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tui.core.origin import Origin
from tui.core.stages import MAX_NEW_TOKENS, PARAMETERS, SEED

_PLACE = re.compile(r"\{(\w+)(?: ([^{}]*))?\}")
_SETTINGS: Mapping[str, str] = {name: record.label or name for name, record in PARAMETERS.items()} | {
    record.name: record.name.replace("_", " ") for record in (SEED, MAX_NEW_TOKENS)
}
_EXPLORER: Mapping[str, str] = {**_SETTINGS, "greedy": "greedy ({greedy})", "chat": "the chat template ({chat})"}
"""What a person of the explorer can change there; `{action id}` stands for its key."""
_START = (*Origin.__struct_fields__, "prompt", "prompt_file", "system", "engine")
"""Options that only the command line takes."""
OPTIONS = frozenset((*_EXPLORER, *_START))
"""Every name that may stand in a sentence's braces."""


def on_command_line(sentence: str) -> str:
    """`sentence` with each option as it is typed: `{dtype float32}` → `--dtype float32`."""
    return _replaced(sentence, lambda name, value: f"--{name.replace('_', '-')} {value}".rstrip())


def in_explorer(sentence: str) -> str:
    """`sentence` with each option in the explorer's words; `{action id}` is left for `tui.keys.Keymap.phrase`."""
    phrased = _replaced(sentence, lambda name, value: f"{_in_explorer(name)} {value}".rstrip())
    return phrased[:1].upper() + phrased[1:] if sentence.startswith("{") else phrased


def _in_explorer(name: str) -> str:
    return _EXPLORER.get(name) or f"the start option {name.replace('_', '-')}"


def _replaced(sentence: str, phrase: Callable[[str, str], str]) -> str:
    """`sentence` with each option's place filled; other braces, which may be a model's, stay."""
    return _PLACE.sub(lambda found: phrase(found[1], found[2] or "") if found[1] in OPTIONS else found[0], sentence)
