"""Colours as a person sees them: distances in OKLab, and how well a text stands out from its background.

A colour is its red, green and blue in sRGB, each from 0 to 1.
"""

from __future__ import annotations

import math

RGB = tuple[float, float, float]

LEGIBLE = 4.5
"""The contrast that WCAG 2 asks of a text."""


def oklch(lightness: float, chroma: float, hue: float) -> RGB:
    """The colour of these OKLab coordinates (hue in degrees), with as much of the chroma as sRGB has."""
    for share in (1 - step / 20 for step in range(21)):
        colour = _linear(lightness, share * chroma, math.radians(hue))
        if all(-1e-6 <= part <= 1 + 1e-6 for part in colour):
            break
    r, g, b = (_encoded(min(max(part, 0.0), 1.0)) for part in colour)
    return r, g, b


def contrast(one: RGB, other: RGB) -> float:
    """WCAG 2's contrast ratio, from 1 (the same) to 21 (black on white)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def faded(colour: RGB, background: RGB, share: float) -> RGB:
    """The colour blended into the background by up to `share`, as far as it stays `LEGIBLE`."""
    for step in range(11):
        part = share * (1 - step / 10)
        r, g, b = (mine + part * (behind - mine) for mine, behind in zip(colour, background, strict=True))
        if contrast((r, g, b), background) >= LEGIBLE:
            return r, g, b
    return colour


def _linear(lightness: float, chroma: float, hue: float) -> RGB:
    """Björn Ottosson's OKLab → linear sRGB; outside 0–1 for a colour that sRGB lacks."""
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _luminance(colour: RGB) -> float:
    r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _encoded(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
