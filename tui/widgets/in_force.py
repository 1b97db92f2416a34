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


def note(settings: Settings) -> str:
    """The warning line: greedy is on, or transformers' defaults act although nobody asked; '' for neither."""
    if is_greedy(settings):
        return GREEDY
    loud = [
        f"{PARAMETERS[name].label} {value_text(name, setting.value)}"
        for name, setting in settings.items()
        if name in PARAMETERS and unasked(name, setting)
    ]
    return f"{FLAG} transformers' own {', '.join(loud)}: nobody asked" if loud else ""


def line(settings: Settings, names: Iterable[str], presets: Collection[str], seed: int) -> str:
    """All settings in one line: `T 0.90 · k 50⚑ · p 0.90 · min-p off · seed 42`."""
    names = list(names)
    parts = ["greedy"] if is_greedy(settings) else []
    for name in names:
        setting = settings.get(name)
        if setting is not None:
            flag = FLAG if unasked(name, setting) else ""
            parts.append(f"{PARAMETERS[name].symbol or PARAMETERS[name].label} {value_text(name, setting.value)}{flag}")
    return " · ".join([*parts, f"seed {seed}", *others(settings, names, presets)])
