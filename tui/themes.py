"""Reads themes from TOML files, checks their colours, and supplies samplescope's variables for themes without them."""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import msgspec
from textual.color import Color
from textual.css.stylesheet import Stylesheet
from textual.theme import Theme

from tui.core.colours import LEGIBLE, RGB, contrast, oklch

STEPS = 7
"""Steps of the surprisal ramp: `$surprisal-0` (expected) to `$surprisal-6` (surprising)."""

OWN_VARIABLES: tuple[str, ...] = (
    "live",
    "cut",
    "quiet",
    "removed",
    "prompt",
    "special",
    "raw",
    "bar",
    "bar-kept",
    "bar-removed",
    "cursor",
    "cursor-blurred",
    *(f"surprisal-{step}" for step in range(STEPS)),
)
"""The theme variables that samplescope adds to Textual's. A missing one comes from `variable_defaults`."""

_ON_DARK = (
    (0.62, 0.1, 262), (0.677, 0.153, 301), (0.725, 0.167, 339), (0.771, 0.145, 13), (0.827, 0.132, 55),
    (0.891, 0.139, 90), (0.975, 0.07, 107),
)  # fmt: skip
_ON_LIGHT = (
    (0.535, 0.12, 250), (0.504, 0.19, 281), (0.472, 0.218, 311), (0.441, 0.19, 341), (0.409, 0.163, 13),
    (0.36, 0.116, 46), (0.285, 0.065, 76),
)  # fmt: skip
"""Lightness, chroma and hue in OKLab of each step: from blue over violet and rose to a pale yellow, or a dark brown.

Each step is as far from the next as the others, and further from the background.
"""
_ANSI_RAMP = (
    "ansi_bright_blue",
    "ansi_cyan",
    "ansi_green",
    "ansi_yellow",
    "ansi_magenta",
    *["ansi_bright_magenta"] * 2,
)
"""The last step is bold besides."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_STYLE = "-style"
_OPAQUE = ("background", "surface", "panel")
_FIELDS = {field.name for field in fields(Theme)}


def themes_folder() -> Path:
    """The folder of samplescope's themes: inside the package once installed, beside it in a checkout."""
    inside = Path(__file__).with_suffix("")
    return inside if inside.is_dir() else Path(__file__).parents[1] / "themes"


def load_themes(own: Path | None = None) -> tuple[list[Theme], list[str]]:
    """The valid themes, samplescope's and then those in the folder `own`, and one line for each invalid file.

    A later theme replaces an earlier one of the same name.
    """
    themes: dict[str, Theme] = {}
    problems: list[str] = []
    for folder in (themes_folder(), own):
        for path in sorted(folder.glob("*.toml")) if folder else ():
            try:
                theme = read_theme(path)
            except (OSError, ValueError) as error:
                problems.append(f"Theme {path.name} is left out: {error}")
            else:
                themes[theme.name] = theme
    return list(themes.values()), problems


def read_theme(path: Path) -> Theme:
    """Read a theme from a file; ValueError with what is wrong with it."""
    data = {"name": path.stem} | _toml(path.read_text(encoding="utf-8-sig"))
    if unknown := sorted(data.keys() - _FIELDS):
        raise ValueError(f"it has no use for {', '.join(map(repr, unknown))}.")
    try:
        theme = msgspec.convert(data, Theme)
    except msgspec.ValidationError as error:
        raise ValueError(f"{str(error).replace('`', '').replace('$.', '')}.") from error
    check(theme)
    return theme


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply.") from None


def check(theme: Theme) -> None:
    """Raise ValueError for an invalid value, which would otherwise crash the program when the theme is chosen."""
    if not (theme.name.strip() and theme.name.isprintable()):
        raise ValueError(f"{theme.name!r} is no name.")
    if not (math.isfinite(theme.luminosity_spread) and math.isfinite(theme.text_alpha)):
        raise ValueError("luminosity_spread and text_alpha must be numbers.")
    try:
        theme.to_color_system().generate()
        defaults = replace(theme, variables={}).to_color_system().generate()
    except Exception as error:  # textual raises various exceptions for invalid values
        raise ValueError(f"{_one_line(error)}.") from error
    for name in _OPAQUE:
        if (value := getattr(theme, name)) is not None and Color.parse(value).a < 1:
            raise ValueError(f"{name} = {value!r} must be opaque: everything is drawn on it.")
    for name, value in theme.variables.items():
        _check_variable(name, value, defaults.get(name, ""))


def _check_variable(name: str, value: str, default: str) -> None:
    """Raise ValueError unless the value can stand wherever the variable may be used, as `default` can."""
    if not _VARIABLE.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a variable.")
    if _STYLE in name:
        valid, what = _parses("text-style", value), "text style"
    elif default.startswith("auto"):  # for text only: the colour that contrasts with what is behind it
        valid, what = _parses("color", value), "colour"
    else:
        valid, what = (value and value == default) or (_is_colour(value) and _parses("background", value)), "colour"
    if not valid:
        raise ValueError(f"{name} = {value!r} is no {what}.")


def _parses(rule: str, value: str) -> bool:
    """True if textual's own parser takes the value of a variable for this rule."""
    sheet = Stylesheet(variables={"it": value})
    sheet.add_source(f"Screen {{ {rule}: $it; }}")
    try:
        sheet.parse()
    except Exception:  # of its tokenizer, or of its parser
        return False
    return True


def _is_colour(value: str) -> bool:
    """True for one colour, perhaps with a percentage; the parser would take several."""
    words = value.split()
    try:
        Color.parse(words[0] if len(words) == 2 and words[1].endswith("%") else value)
    except Exception:
        return False
    return True


def _one_line(error: Exception) -> str:
    """The first line of an exception's message, or its type."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def variable_defaults(theme: Theme) -> dict[str, str]:
    """Samplescope's theme variables, derived from a theme's own colours.

    For `App.get_theme_variable_defaults`; a theme's own value takes precedence.
    """
    colours = theme.to_color_system().generate()
    if theme.ansi:
        return _ansi_defaults(colours)
    background, foreground = Color.parse(colours["background"]), Color.parse(colours["foreground"])
    accent, warning = Color.parse(colours["accent"]), Color.parse(colours["warning"])

    def grey(share: float) -> str:
        return background.blend(foreground, share).hex

    named = {
        "live": accent.hex,
        "cut": warning.hex,
        "special": Color.parse(colours["success"]).blend(foreground, 0.3).hex,
        "quiet": grey(0.7),
        "removed": grey(0.65),
        "prompt": grey(0.7),
        "raw": grey(0.6),
        "bar": grey(0.5),
        "bar-kept": background.blend(accent, 0.45).hex,
        "bar-removed": grey(0.2),
        "cursor": background.blend(accent, 0.2).hex,
        "cursor-blurred": grey(0.1),
    }
    return named | _ramp(background)


def _ramp(background: Color) -> dict[str, str]:
    """The surprisal ramp, moved away from the background as far as its first steps need to be legible."""
    steps = _ON_DARK if background.brightness < 0.5 else _ON_LIGHT
    last = steps[-1][0]
    for squeezed in (1 - share / 20 for share in range(20)):
        colours = [oklch(last + squeezed * (lightness - last), chroma, hue) for lightness, chroma, hue in steps]
        if min(contrast(colour, background.normalized) for colour in colours) >= LEGIBLE:
            break
    return {f"surprisal-{step}": _hex(colour) for step, colour in enumerate(colours)}


def _hex(colour: RGB) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour)


def _ansi_defaults(colours: dict[str, str]) -> dict[str, str]:
    """Defaults in the terminal's own colours, only those legible on both dark and light backgrounds."""
    grey, text = "ansi_bright_black", "ansi_default"
    named = dict.fromkeys(("quiet", "removed", "prompt", "raw", "bar", "bar-kept", "bar-removed"), grey)
    named |= {"live": colours["accent"], "cut": colours["warning"], "special": "ansi_green"}
    named |= {"cursor": text, "cursor-blurred": text}
    # Textual's widgets use these two variables, which only its two ANSI themes define.
    named |= {"ansi-background": "ansi_black", "ansi-foreground": "ansi_white"}
    ramp = _ANSI_RAMP
    return named | {f"surprisal-{step}": colour for step, colour in enumerate(ramp)}
