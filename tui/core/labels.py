"""Parameters' values and sources as text."""

from __future__ import annotations

from collections.abc import Collection

from tui.core.order import ORDER, order_text
from tui.core.printable import printable
from tui.core.settings import Given, Setting, Settings, Source, Value
from tui.core.stages import MAX_NEW_TOKENS, PARAMETERS, STAGES

FLAG = "⚑"
"""Marks a default of transformers that acts: neither the person nor the model asked for it."""


def stage_label(stage: str) -> str:
    """A stage's name as it is shown: `top-p`; for a model's own stage its class name, made printable."""
    return STAGES[stage].label if stage in STAGES else printable(stage, space=" ")


def is_off(name: str, value: Value) -> bool:
    """True if the parameter does nothing at this value; parameters without a stage (max_new_tokens) are never off."""
    return name in PARAMETERS and PARAMETERS[name].is_off(value)


def value_text(name: str, value: Value) -> str:
    """A value as text: `0.90`, `50`, `1,000`, `off`, `yes`, `llama.cpp's order`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return order_text(value)
    if value is None or (is_off(name, value) and not PARAMETERS[name].factor):
        return "off"
    return number_text(value)


def number_text(value: float, decimals: int = 2) -> str:
    """A number with `decimals` decimal places, or with six significant digits if it needs more places."""
    if isinstance(value, int):
        return f"{value:,}"
    fixed = f"{value:.{decimals}f}"
    return fixed if float(fixed) == value else f"{value:.6g}"


def source_text(name: str, setting: Setting, presets: Collection[str] = ()) -> str:
    """The source of a value, in one word."""
    preset = setting.source is Source.YOU and name in presets
    return str(Source.PRESET if preset else setting.source)


def unasked(name: str, setting: Setting) -> bool:
    """True for a default of transformers that acts, such as `top_k=50`: neither person nor model set it."""
    return name != ORDER and setting.source is Source.TRANSFORMERS and not is_off(name, setting.value)


def is_greedy(settings: Settings) -> bool:
    """True if the most probable token is always taken, so that temperature and cuts have no effect."""
    chosen = settings.get("do_sample")
    return chosen is not None and chosen.value is False


def in_words(given: Given) -> str:
    """Settings in words, in the order of the stages: `temperature 0.70 · top-k off`; '' for none."""
    ranks = {name: rank for rank, name in enumerate((*PARAMETERS, "do_sample", ORDER, MAX_NEW_TOKENS.name))}
    return " · ".join(_in_words(name, given[name]) for name in sorted(given, key=lambda name: ranks.get(name, 0)))


def _in_words(name: str, value: Value) -> str:
    if name == "do_sample":
        return "drawing" if value else "greedy"
    if name == ORDER:
        return value_text(name, value)
    label = MAX_NEW_TOKENS.label if name == MAX_NEW_TOKENS.name else PARAMETERS[name].label
    return f"{label} {value_text(name, value)}"
