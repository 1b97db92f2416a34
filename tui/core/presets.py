"""The prompt and the four settings of the blog post that samplescope follows, exactly as it ran them; any in words."""

from __future__ import annotations

from dataclasses import dataclass

from tui.core.settings import Given

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
    max_length: int | None = None
    """Where its runs end, the prompt counted; None: where they end anyway."""

    def new_tokens(self, prompt_tokens: int) -> int | None:
        """How many tokens a run adds to a prompt of this length; None if `max_length` leaves room for none."""
        room = 0 if self.max_length is None else self.max_length - prompt_tokens
        return room if room > 0 else None


PRESETS: tuple[Preset, ...] = (
    Preset(
        "hot",
        "T = 2.0, whole vocabulary",
        {"temperature": 2.0, "top_k": 0},
        "1",
        "diverse, and soon no longer English",
        POST_MAX_LENGTH,
    ),
    Preset(
        "cool",
        "T = 0.5, whole vocabulary",
        {"temperature": 0.5, "top_k": 0},
        "2",
        "coherent, and apt to repeat itself",
        POST_MAX_LENGTH,
    ),
    Preset("top-k", "top-k 50", {"top_k": 50}, "3", "only the 50 most probable", POST_MAX_LENGTH),
    Preset(
        "nucleus",
        "top-p 0.90",
        {"top_p": 0.90},
        "4",
        "0.90 of what transformers' own top-k 50 leaves",
        POST_MAX_LENGTH,
    ),
)
"""The presets, in the post's order."""
