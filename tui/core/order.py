"""The order in which the stages run: transformers', llama.cpp's, or any other.

A person gives an order as text, which is one of the settings: `transformers`, `llama.cpp`, or stages separated by
commas. The named stages then share out the places that they have in transformers' order, and all others keep theirs:
`top_p,top_k` swaps these two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tui.core.parameters import Kind
from tui.core.stages import MIN_P, PENALTIES, SAMPLING, STAGES, TEMPERATURE, TOP_K, TOP_P, TYPICAL_P
from tui.errors import InputError

ORDER = "order"
"""The setting's name."""
TRANSFORMERS = "transformers"
"""The order of generate(); the default, which is never written among the given settings."""
LLAMA_CPP = "llama.cpp"
"""llama.cpp's default order, with llama.cpp's own rules for the cuts it has (`tui.sampling.llama`)."""

_LLAMA_CUTS = (TOP_K, TYPICAL_P, TOP_P, MIN_P)
"""llama.cpp's cuts as `common_params_sampling.samplers` lists them, between the penalties and the temperature."""


def _llama_order() -> tuple[str, ...]:
    """llama.cpp's order. The cuts that llama.cpp lacks come after its own, before the temperature."""
    others = (stage for stage in SAMPLING if stage.kind is Kind.CUT and stage not in _LLAMA_CUTS)
    return tuple(stage.name for stage in (*PENALTIES, *_LLAMA_CUTS, *others, TEMPERATURE))


NAMED: Mapping[str, tuple[str, ...]] = {TRANSFORMERS: tuple(STAGES), LLAMA_CPP: _llama_order()}
"""The two orders that have a name, each with every stage's name."""


def stage_order(text: str) -> tuple[str, ...]:
    """Every stage's name in the order that `text` describes, as `normalise_order` returns it."""
    if text in NAMED:
        return NAMED[text]
    named = text.split(",")
    following = iter(named)
    return tuple(next(following) if name in named else name for name in STAGES)


def normalise_order(value: object) -> str:
    """`value` as it is kept among the settings; InputError unless it is an order.

    Penalties come before the temperature and the cuts: they decide the ranking, which every cut works on.
    """
    text = value.strip() if isinstance(value, str) else ""
    if text in NAMED:
        return text
    named = [name.strip().replace("-", "_") for name in text.split(",")]
    _check_names(named, value)
    text = ",".join(named)
    order = stage_order(text)
    _check_penalties(order)
    return TRANSFORMERS if order == NAMED[TRANSFORMERS] else text


def is_order(value: object) -> bool:
    """True if `value` is an order in the form in which it is kept."""
    try:
        return normalise_order(value) == value
    except InputError:
        return False


def _check_names(named: Sequence[str], value: object) -> None:
    known = f"{' or '.join(NAMED)}, or stages separated by commas: {', '.join(STAGES)}"
    unknown = next((name for name in named if name not in STAGES), None)
    if unknown is not None:
        what = f"no order {value!r:.60}" if len(named) == 1 else f"no stage {unknown!r:.60}"
        raise InputError(f"There is {what}.", f"{{--order}} takes {known}.")
    name, times = Counter(named).most_common(1)[0]
    if times > 1:
        raise InputError(f"The order names {name} {times} times.", f"{{--order}} takes {known}.")


def _check_penalties(order: Sequence[str]) -> None:
    penalties = [stage.name for stage in PENALTIES]
    late = next((name for name in order[len(penalties) :] if name in penalties), None)
    if late is not None:
        raise InputError(
            f"In that order {late} comes too late.",
            f"{' and '.join(penalties)} decide the ranking, and come before all other stages.",
        )


def order_text(text: str) -> str:
    """An order in words: `transformers' order`, `llama.cpp's order`, `the order top_p, top_k`."""
    if text not in NAMED:
        return f"the order {text.replace(',', ', ')}"
    return f"{text}' order" if text.endswith("s") else f"{text}'s order"
