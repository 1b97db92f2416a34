"""A model in one line: size, parameters, dtype, and whether it fits into memory."""

from __future__ import annotations

from rich.text import Text

from tui.core.catalog import Entry, Room, needed
from tui.core.origin import Origin
from tui.core.printable import printable

_NAME, _FILES, _COUNT, _DTYPE = 34, 9, 11, 9
_ROOMY = 84
"""Line width in cells from which there is room for the numbers beside the name."""
_STEPS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
DEMO = "demo (built in)"


def header(width: int) -> str:
    """The heading over the model lines."""
    numbers = f"{'files':>{_FILES}}  {'parameters':>{_COUNT}}  {'dtype':<{_DTYPE}}" if width >= _ROOMY else ""
    return f"{'model':<{_name(width)}}{numbers}"


def model_line(entry: Entry, room: Room | None, width: int, *, opened: bool = False) -> Text:
    """A cached model: name, size, parameters, dtype, and the memory to spare or missing, or that it is `opened`."""
    name = Text(printable(entry.title or entry.name, space=" ") if entry.name else DEMO)
    name.truncate(_name(width), overflow="ellipsis", pad=True)
    numbers = f"{size(entry.files):>{_FILES}}  {_count(entry.parameters):>{_COUNT}}  {entry.dtype or '–':<{_DTYPE}}"
    line = name.append(numbers if width >= _ROOMY else "")
    line.no_wrap = True
    return line.append("  ").append_text(Text("open now", "bold") if opened else _fits(entry, room))


def place_line(place: str) -> Text:
    """The heading over the GGUF files of a program."""
    return Text(f"GGUF files of {place}", "dim", no_wrap=True)


def recent_line(origin: Origin) -> Text:
    """A model used before that is not in the cache: a folder or a server."""
    where = "server, used before" if origin.server else "used before"
    return Text.assemble(printable(origin.name, space=" "), ("  " + where, "dim"), no_wrap=True)


def room_text(room: Room | None) -> str:
    """The free memory as text: `8.0 GB free on cpu`."""
    return f"{size(room.free)} free on {room.device}" if room else ""


def size(count: float) -> str:
    """A number of bytes as text, in powers of 1,024: `548 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}" if unit != "B" else f"{count:.0f} B"
        count /= 1024
    return f"{count:.3g} TB"


def _name(width: int) -> int:
    return _NAME if width >= _ROOMY else max(16, width - 26)


def _count(parameters: int | None) -> str:
    if parameters is None:
        return "–"
    step, unit = next(((step, unit) for step, unit in _STEPS if parameters >= step), (1.0, ""))
    return f"{parameters / step:.3g} {unit}".strip()


def _fits(entry: Entry, room: Room | None) -> Text:
    if entry.lacking:
        return Text(entry.lacking, "dim")
    need = needed(entry)
    if need is None or room is None:
        return Text("size not known" if need is None else "", "dim")
    if need <= room.free:
        return Text(f"fits, {size(room.free - need)} to spare")
    return Text(f"{size(need - room.free)} too large", "bold")
