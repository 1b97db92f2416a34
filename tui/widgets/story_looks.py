"""How the text pane's tokens look: the style of each kind, and the paler one behind the cursor."""

from __future__ import annotations

from rich.color import Color
from rich.style import Style

from tui.core.colours import faded

_FADED = 0.35
"""How far a text behind the cursor blends into the background, as far as it stays legible."""

STORY_CSS = """
StoryText {
    height: 1fr; width: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; padding: 0 1;
    scrollbar-gutter: stable;  /* or lines laid out before the bar is there would end behind it */
    border: round $border-blurred; border-title-color: $quiet; border-subtitle-color: $quiet;
    &:focus { border: round $live; border-title-color: $live; }
    .story--prompt { color: $prompt; }
    .story--special { color: $special; text-style: italic; }
    .story--chosen { text-style: bold italic; }
    .story--mark { color: $live; }
    .story--newline { color: $quiet; }
    .story--unreachable { text-style: strike; }
    .story--fresh { background: $cursor; text-style: bold; }
    .story--cursor { background: $live; color: $background; }
    .story--placeholder { color: $quiet; }
    .story--selected { text-style: reverse; }
    .story--surprisal-0 { color: $surprisal-0; }
    .story--surprisal-1 { color: $surprisal-1; }
    .story--surprisal-2 { color: $surprisal-2; }
    .story--surprisal-3 { color: $surprisal-3; }
    .story--surprisal-4 { color: $surprisal-4; }
    .story--surprisal-5 { color: $surprisal-5; }
    .story--surprisal-6 { color: $surprisal-6; }
    &:ansi {
        .story--fresh { background: ansi_default; text-style: bold underline; }
        .story--later { text-style: dim; }
        .story--surprisal-6 { text-style: bold; }
        .story--cursor { color: $live; background: ansi_default; text-style: reverse; }
    }
    &:nocolor {
        .story--surprisal-3 { text-style: underline; }
        .story--surprisal-4 { text-style: underline; }
        .story--surprisal-5 { text-style: uu; }
        .story--surprisal-6 { text-style: uu; }
        .story--prompt, .story--later, .story--newline { text-style: dim; }
        .story--special { text-style: italic reverse; }
        .story--fresh { text-style: bold reverse; }
        .story--cursor { text-style: reverse; }
    }
}
"""


def paler(style: Style) -> Style:
    """The style of a text behind the cursor; in a terminal's own colours, which nobody knows, the same one."""
    if style.color is None or style.bgcolor is None or not (style.color.triplet and style.bgcolor.triplet):
        return style
    colour = faded(style.color.triplet.normalized, style.bgcolor.triplet.normalized, _FADED)
    return style + Style(color=Color.from_rgb(*(255 * part for part in colour)))
