"""The words and numbers with which parameters are shown: values and sources."""

from __future__ import annotations

from collections.abc import Collection

from tui.core.settings import Setting, Settings, Source, Value
from tui.core.stages import PARAMETERS

FLAG = "⚑"
"""A value in force that nobody asked for."""


def off(name: str, value: Value) -> bool:
    """True if `name` does nothing at this value; max_new_tokens and the like are never off."""
    return name in PARAMETERS and PARAMETERS[name].is_off(value)


def value_text(name: str, value: Value) -> str:
    """A value in force: `0.90`, `50`, `1,000`, `off`; never rounded to another number that reads the same."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or (off(name, value) and not PARAMETERS[name].factor):
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
