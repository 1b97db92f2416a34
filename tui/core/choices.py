"""Settings to compare, as a person gives them: `temperature=2,top_k=0`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tui.core.order import ORDER
from tui.core.presets import PRESETS
from tui.core.settings import Given, Setting, Settings, Source, normalise
from tui.core.stages import MAX_NEW_TOKENS, PARAMETERS
from tui.errors import InputError

MOST = 4
"""So many settings can be compared at a time."""
GREEDY = "greedy"
"""Stands for `do_sample=false`."""
_SWITCHES = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Choice:
    """Settings under a name."""

    name: str
    given: Given
    preset: frozenset[str] = frozenset()
    """Those of `given` that a preset set."""

    def sourced(self, settings: Settings) -> Settings:
        """`settings` with the preset named as the source of what it set."""
        return settings | {name: Setting(settings[name].value, Source.PRESET) for name in self.preset}


def choices(texts: Sequence[str], presets: bool, base: Given) -> list[Choice]:
    """The settings that a person chose to compare: each `--set`, or the four presets, on top of `base`.

    InputError for none, for more than `MOST`, and for what `parse` refuses.
    """
    chosen = [Choice(text, normalise(parse(text))) for text in texts]
    if presets:
        chosen += [Choice(preset.title, preset.given, frozenset(preset.given)) for preset in PRESETS]
    if not chosen:
        raise InputError(
            "There is nothing to compare.", "Give {--set temperature=2,top_k=0} up to four times, or {--presets}."
        )
    if len(chosen) > MOST:
        raise InputError(f"Up to {MOST} settings can be compared, not {len(chosen)}.", "Give fewer {--set}.")
    return [replace(choice, given={**base, **choice.given}) for choice in chosen]


def parse(text: str) -> Given:
    """`temperature=2,top_k=0` as settings, not yet checked for their range.

    A word without `=` is `greedy`, or goes on with the order before it: `order=top_p,top_k`. InputError for a name that
    there is not, a name given twice, or a value that is no number.
    """
    given: Given = {}
    for name, value in _items(text.split(",")):
        if name in given:
            raise InputError(f"{{--set {text}}} gives {name} twice.")
        given[name] = _value(name, value)
    return given


def _items(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(name, value) for each setting; the stages of an order are put together again."""
    name = value = ""
    for word in words:
        if name == ORDER and "=" not in word and word.strip() != GREEDY:
            value += f",{word.strip()}"
            continue
        if name:
            yield name, value
        name, value = _item(word)
    yield name, value


def _item(word: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in word.partition("="))
    if name == GREEDY:
        return "do_sample", {"": "false", "true": "false", "false": "true"}.get(value, value)
    name = name.removeprefix("--").replace("-", "_")
    if name == MAX_NEW_TOKENS.name:
        raise InputError("How many tokens are compared is the same for all.", "Give {--continue} instead.")
    if not equals or (name not in PARAMETERS and name not in ("do_sample", ORDER)):
        raise InputError(
            f"{{--set}} takes names and values such as temperature=2,top_k=0, not {word.strip()!r:.60}.",
            f"Known: {', '.join(PARAMETERS)}, {GREEDY}, {ORDER}.",
        )
    return name, value


def _value(name: str, text: str) -> float | bool | str:
    if name == ORDER:
        return text
    if name == "do_sample" and text in _SWITCHES:
        return _SWITCHES[text]
    try:
        return float(text)
    except ValueError:
        what = "true or false" if name == "do_sample" else "a number"
        raise InputError(f"{{--set}}: {name} must be {what}, not {text!r:.60}.") from None
