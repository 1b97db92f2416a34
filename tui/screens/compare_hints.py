"""The two lines of the comparison that name its keys: what they do now, and what nobody asked for."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len

from tui.core.labels import FLAG
from tui.core.stages import PARAMETERS
from tui.explorer.comparing import Comparing
from tui.widgets.compare_table import LETTERS


def note(comparing: Comparing, chosen: int) -> str:
    """What acts though nobody asked for it, and the key that turns it off; '' if nothing does."""
    offer, letter = comparing.sides[chosen].offer, LETTERS[chosen]
    if offer.without:
        names = ", ".join(PARAMETERS[name].label for name in offer.without)
        return f"{letter} is without transformers' own {names} · o puts it back"
    if not any(side.offer.unasked for side in comparing.sides):
        return ""
    where = f"o turns it off in {letter}" if offer.unasked else "choose it: o turns it off"
    return f"{FLAG} transformers' own, which nobody asked for · {where}"


def hint(comparing: Comparing, chosen: int, *, reading: bool, room: int) -> str:
    """What the keys do, in as many words as fit into `room` cells. `reading`: the texts are shown."""
    words = ""
    for parts in zip(*_keys(comparing, chosen, reading=reading), strict=True):
        words = " · ".join(parts)
        if cell_len(words) <= room:
            break
    return words


def _keys(comparing: Comparing, chosen: int, *, reading: bool) -> Iterator[tuple[str, str, str]]:
    """Each key in a sentence, in words, and for a narrow screen; while texts grow, what matters then."""
    text, growing = comparing.sides[chosen].text, comparing.continuing
    if growing:
        yield "esc stops", "esc stop", "esc stop"
    yield "← → choose", "← →", "← →"
    yield "⏎ uses these settings", "⏎ use", "⏎ use"
    if text is not None and text.nodes:
        yield "b uses them, then draws this text as a branch", "b use, then draw this", "b use+draw"
    yield "c continues each", "c continue", "c go on"
    if any(side.text is not None for side in comparing.sides):
        yield ("v candidates", "v candidates", "v list") if reading else ("v texts", "v texts", "v texts")
    if not growing:
        yield "p the post's four", "p post's four", "p post"
        yield "a adds", "a add", "a add"
        yield "delete removes", "del remove", "del"
        yield "esc closes", "esc close", "esc"
