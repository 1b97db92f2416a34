"""The settings in force as text, so that no parameter acts unseen."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tui.core.labels import FLAG, is_greedy, source_text, unasked, value_text
from tui.core.order import ORDER, TRANSFORMERS, order_text
from tui.core.settings import Setting, Settings
from tui.core.stages import PARAMETERS, STAGES

GREEDY = "greedy: the sliders have no effect"


def others(settings: Settings, shown: Collection[str], presets: Collection[str]) -> list[str]:
    """Text of each parameter that acts and is not in `shown`, and of another order than transformers'.

    For example `typical-p 0.95 (you)`, `llama.cpp's order (you)`.
    """
    values = {name: setting.value for name, setting in settings.items()}
    acting = [one.name for stage in STAGES.values() if stage.acts(values) for one in stage.parameters]
    described = [_described(name, settings[name], presets) for name in acting if name not in shown]
    return [*_another_order(settings, presets), *described]


def _another_order(settings: Settings, presets: Collection[str]) -> list[str]:
    order = settings.get(ORDER)
    if order is None or order.value == TRANSFORMERS:
        return []
    return [f"{order_text(str(order.value))} ({source_text(ORDER, order, presets)})"]


def _described(name: str, setting: Setting, presets: Collection[str]) -> str:
    """A parameter with value, flag and source: `typical-p 0.95 (you)`."""
    flag = f" {FLAG}" if unasked(name, setting) else ""
    text = f"{PARAMETERS[name].label} {value_text(name, setting.value)}{flag}"
    return f"{text} ({source_text(name, setting, presets)})"


def note(settings: Settings, width: int) -> str:
    """The warning line, '' for none: greedy is on, or a default of transformers acts, in the longest words that fit."""
    if is_greedy(settings):
        return GREEDY
    loud = [
        f"{PARAMETERS[name].label} {value_text(name, setting.value)}"
        for name, setting in settings.items()
        if name in PARAMETERS and unasked(name, setting)
    ]
    if not loud:
        return ""
    what = f"{FLAG} {', '.join(loud)}"
    is_one = "is transformers' default" if len(loud) == 1 else "are transformers' defaults"
    wordings = (f"{what} {is_one}, not yours", f"{what} {is_one}")
    return next((text for text in wordings if len(text) <= width), wordings[-1])


def line(settings: Settings, names: Iterable[str], presets: Collection[str], seed: int) -> str:
    """All settings in one line: `T 0.90 · k 50 (default) · p 0.90 · min-p off · seed 42`."""
    names = list(names)
    parts = ["greedy"] if is_greedy(settings) else []
    for name in names:
        setting = settings.get(name)
        if setting is not None:
            flag = " (default)" if unasked(name, setting) else ""
            parts.append(f"{PARAMETERS[name].symbol or PARAMETERS[name].label} {value_text(name, setting.value)}{flag}")
    return " · ".join([*parts, *others(settings, names, presets), f"seed {seed}"])
