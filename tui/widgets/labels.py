"""The words and numbers with which parameters are shown: names, values, sources."""

from __future__ import annotations

from collections.abc import Collection

from tui.core.settings import PARAMETERS, Setting, Settings, Source, Value, is_off

NAMES: dict[str, str] = {
    "temperature": "temperature",
    "top_k": "top-k",
    "top_p": "top-p",
    "min_p": "min-p",
    "top_h": "top-h",
    "typical_p": "typical-p",
    "epsilon_cutoff": "epsilon cutoff",
    "eta_cutoff": "eta cutoff",
    "repetition_penalty": "repetition penalty",
    "no_repeat_ngram_size": "no-repeat n-gram",
    "max_new_tokens": "max new tokens",
    "seed": "seed",
    "do_sample": "greedy",
}
"""What a person calls each parameter."""

FLAG = "⚑"
"""A value in force that nobody asked for."""


def name_text(name: str) -> str:
    """A parameter's name as a person writes it."""
    return NAMES.get(name, name.replace("_", "-"))


def off(name: str, value: Value) -> bool:
    """True if `name` does nothing at this value; max_new_tokens and the like are never off."""
    return name in PARAMETERS and is_off(name, value)


def value_text(name: str, value: Value) -> str:
    """A value in force: `0.90`, `50`, `1,000`, `off`; never rounded to another number that reads the same."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or (off(name, value) and name not in ("temperature", "repetition_penalty")):
        return "off"
    return number_text(value)


def number_text(value: float, decimals: int = 2) -> str:
    """At least `decimals` places, more where the number has more (to six significant digits)."""
    if isinstance(value, int):
        return f"{value:,}"
    fixed = f"{value:.{decimals}f}"
    return fixed if float(fixed) == value else f"{value:.6g}"


def source_text(name: str, setting: Setting, presets: Collection[str] = ()) -> str:
    """Who decided, in one word."""
    preset = setting.source is Source.YOU and name in presets
    return str(Source.PRESET if preset else setting.source)


def unasked(name: str, setting: Setting) -> bool:
    """True for a value that acts although nobody asked for it: transformers' own `top_k=50`."""
    return setting.source is Source.TRANSFORMERS and not off(name, setting.value)


def greedy(settings: Settings) -> bool:
    """True if the most probable token is always taken, so that nothing here changes a draw."""
    chosen = settings.get("do_sample")
    return chosen is not None and chosen.value is False
