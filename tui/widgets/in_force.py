"""What is in force, in words: so that no parameter acts unseen."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tui.core.settings import Settings
from tui.core.stages import PARAMETERS
from tui.widgets.labels import FLAG, greedy, off, source_text, unasked, value_text

GREEDY = "greedy: the sliders have no effect"


def others(settings: Settings, shown: Collection[str], presets: Collection[str]) -> list[str]:
    """The parameters that act and are not `shown` elsewhere: `typical-p 0.95 (you)`."""
    told = []
    for name, parameter in PARAMETERS.items():
        setting = settings.get(name)
        if name not in shown and setting is not None and not off(name, setting.value):
            flag = f" {FLAG}" if unasked(name, setting) else ""
            source = source_text(name, setting, presets)
            told.append(f"{parameter.label} {value_text(name, setting.value)}{flag} ({source})")
    return told


def note(settings: Settings) -> str:
    """What everybody should know: that nothing is drawn, or what acts although nobody asked; '' for nothing."""
    if greedy(settings):
        return GREEDY
    loud = [
        f"{PARAMETERS[name].label} {value_text(name, setting.value)}"
        for name, setting in settings.items()
        if name in PARAMETERS and unasked(name, setting)
    ]
    return f"{FLAG} transformers' own {', '.join(loud)}: nobody asked" if loud else ""


def line(settings: Settings, names: Iterable[str], presets: Collection[str], seed: int) -> str:
    """All of it in one line: `T 0.90 · k 50⚑ · p 0.90 · min-p off · seed 42`."""
    names = list(names)
    parts = ["greedy"] if greedy(settings) else []
    for name in names:
        setting = settings.get(name)
        if setting is not None:
            flag = FLAG if unasked(name, setting) else ""
            parts.append(f"{PARAMETERS[name].symbol or PARAMETERS[name].label} {value_text(name, setting.value)}{flag}")
    return " · ".join([*parts, f"seed {seed}", *others(settings, names, presets)])
