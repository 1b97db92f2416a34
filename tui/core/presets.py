"""The prompt and the four settings of the blog post that samplescope follows, exactly as it ran them; any in words."""

from __future__ import annotations

from dataclasses import dataclass

from tui.core.settings import Given, Value
from tui.core.stages import MAX_NEW_TOKENS, PARAMETERS

UNICORNS = (
    "In a shocking finding, scientist discovered a herd of unicorns living in a remote, previously unexplored valley, "
    "in the Andes Mountains. Even more surprising to the researchers was the fact that the unicorns spoke perfect "
    "English.\n\n\n"
)
"""The post's prompt. In the post's source two of its three line breaks are escapes, the third is a real line break."""

POST_MAX_LENGTH = 128
"""Where the post's runs end: `max_length`, which counts the prompt."""


@dataclass(frozen=True, slots=True)
class Preset:
    """Settings under a name. Choosing a preset replaces every setting that the person had given."""

    name: str
    title: str
    given: Given
    key: str
    """The key that chooses it by default; '' for one of a person's own."""
    brief: str
    """Its effect, in a few words."""
    note: str
    """How samplescope differs from the post here, in one or two sentences; '' for one of a person's own."""


_LENGTH = (
    f"The post stops at {POST_MAX_LENGTH} tokens, the prompt counted (max_length); samplescope counts new tokens only."
)

PRESETS: tuple[Preset, ...] = (
    Preset(
        "hot",
        "T = 2.0, whole vocabulary",
        {"temperature": 2.0, "top_k": 0},
        "1",
        "diverse, and soon no longer English",
        _LENGTH,
    ),
    Preset(
        "cool",
        "T = 0.5, whole vocabulary",
        {"temperature": 0.5, "top_k": 0},
        "2",
        "coherent, and apt to repeat itself",
        _LENGTH,
    ),
    Preset("top-k", "top-k 50", {"top_k": 50}, "3", "only the 50 most probable", _LENGTH),
    Preset(
        "nucleus",
        "top-p 0.90",
        {"top_p": 0.90},
        "4",
        "0.90 of what transformers' own top-k 50 leaves",
        f"The post did not set top_k, and transformers then applies top_k=50 first. {_LENGTH}",
    ),
)
"""The presets, in the post's order."""


def in_words(given: Given) -> str:
    """Settings in words: `temperature 0.7 · top-k off`."""
    return " · ".join(_in_words(name, value) for name, value in given.items()) or "nothing set"


def _in_words(name: str, value: Value) -> str:
    if isinstance(value, bool):
        return "drawing" if value else "greedy"
    if name == MAX_NEW_TOKENS.name:
        return f"{MAX_NEW_TOKENS.label} {value:,}"
    parameter = PARAMETERS[name]
    off = value is None or (parameter.is_off(value) and not parameter.factor)
    return f"{parameter.label} {'off' if off else f'{value:g}'}"
