"""Numbers as text for columns: three significant digits, aligned on the decimal point, in a fixed width."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Literal

Unit = Literal["percent", "logprob", "logit"]
UNITS: tuple[Unit, ...] = ("percent", "logprob", "logit")
NEARLY_ALL = 99.95
"""Percentage from which three digits would round to 100, which only a probability of 1 may show."""


def significant(value: float, places: int = 4) -> str:
    """A number ≥ 0 in three significant digits: `18.2`, `0.914`, `2.1e-9`.

    At most `places` characters follow the decimal point; if that is too few, there are fewer digits.
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    exponent = int(f"{value:.2e}".split("e")[1])
    if exponent >= 2:
        return f"{value:.0f}"
    if places + exponent >= 1:
        return f"{value:.{min(2 - exponent, places)}f}"
    return _scientific(value, places)


def _scientific(value: float, places: int) -> str:
    """`2.1e-9`, or `2e-9` if only three characters may follow the first digit."""
    for digits in (1, 0):
        mantissa, exponent = f"{value:.{digits}e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
        if len(text) - 2 <= places:
            return text
    return text


def percent(probability: float, places: int = 4) -> str:
    """A probability in percent, without the sign; a probability below 1 is never rounded to 100."""
    value = 100 * probability
    if NEARLY_ALL <= value < 100:
        shown = 2 if value < 99.99 else places
        return f"{math.floor(value * 10**shown) / 10**shown:.{shown}f}"
    return significant(min(value, 100), places)


def between(low: float, high: float, width: int) -> str:
    """The bounds of a probability in percent: `8.1–9.4`, with as many digits as fit, rounded outwards.

    `≤9.4` or `≥90.2` if the other bound is trivial or does not fit; `?` if nothing fits.
    """
    texts = [f"{_floor(low, digits)}–{_ceiling(high, digits)}" for digits in (3, 2, 1)] if low > 0 and high < 1 else []
    if low >= 0.5 or high >= 1:
        texts += [f"≥{_floor(low, digits)}" for digits in (3, 2, 1)] if low > 0 else []
    else:
        texts += [f"≤{_ceiling(high, digits)}" for digits in (3, 2, 1)]
    return next((text for text in texts if len(text) <= width), "?")


def _floor(probability: float, digits: int) -> str:
    return _short(probability, Context(digits, ROUND_FLOOR))


def _ceiling(probability: float, digits: int) -> str:
    return _short(probability, Context(digits, ROUND_CEILING))


def _short(probability: float, context: Context) -> str:
    """A probability in percent, rounded by the context: `12`, `0.03`, `2e-5`."""
    value = context.plus(Decimal(f"{100 * probability:.12g}"))
    return f"{value:e}" if 0 < value < Decimal("0.001") else f"{value:f}"


def logarithm(probability: float) -> str:
    """The natural logarithm of a probability (nats): two decimals, near 0 three, or one digit (`-4e-5`); `-inf` for 0.

    Only a probability of 1 shows as 0.
    """
    if probability <= 0:
        return "-inf"
    value = min(math.log(probability), 0.0) + 0.0
    if value == 0 or value <= -0.0005:
        return f"{value:.{2 if value == 0 or value <= -0.005 else 3}f}"
    return f"-{_scientific(-value, 3)}"


def score(logit: float) -> str:
    """A logit with two decimals, or in powers of ten (`-1.0e5`) if that would take more than eight cells."""
    text = f"{round(logit, 2) + 0.0:.2f}"
    return text if len(text) <= 8 or not math.isfinite(logit) else _scientific(logit, 5)


def aligned(text: str, whole: int, places: int) -> str:
    """`text` with its decimal point after `whole` cells, padded to `whole + 1 + places` cells.

    A text that would end behind the field is moved to the left, and cut only if it is wider than the field.
    """
    point = min((text.find(mark) for mark in ".e" if mark in text), default=len(text))
    width = whole + 1 + places
    return (" " * max(0, min(whole - point, width - len(text))) + text).ljust(width)[:width]
