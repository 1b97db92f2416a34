"""The status line: numbers of the next and the last token in two groups, then the engine and what it says."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import RenderResult
from textual.reactive import reactive
from textual.widget import Widget

from tui.core.printable import printable
from tui.core.story import Node
from tui.protocol import Opened, Progress, Viewed
from tui.widgets.figures import Part, figure, fitting, last_parts, next_parts, places_left, width
from tui.widgets.model_lines import size

NUMBERS_DROPPED_FIRST = (
    "choices",
    "token",
    "of",
    "perplexity",
    "rank",
    "mass",
    "nothing",
    "surprisal",
    "unseen",
    "kept",
    "entropy",
)
"""Numbers dropped, in this order, as the line gets narrower."""
FACTS_DROPPED_FIRST = ("dtype", "device", "ms", "trusted", "host", "backend", "model")
"""Facts about the engine dropped, in this order, where a message needs their room."""
OF_LAST = ("token", "surprisal", "rank", "perplexity", "nothing")
"""Parts about the token before the cursor and the text up to it; all other numbers are about the next token."""
NEXT, LAST = "next: ", "last: "
HELP = """\
# Status

**next** is about the token that comes at the cursor, as the list has it:

- **entropy 5.46 → 4.46 bits** how open the choice is: of the model's own distribution, and of what is left to draw from
  after penalties, temperature and cuts. 0 bits: one token is certain; each bit more doubles the choices
- **like 22.0 equal choices** the same as a number: 2 to the power of those bits
- **kept 50 of 8,192 (86.0 %)** how many tokens the cuts keep of the vocabulary, and the probability these had before
  the cuts (*tempered*)
- **unseen 47 (1.34 %)** tokens whose probability the server does not tell, and how much they have together;
  `31–62` a number that lies between the two

**last** is about the token before the cursor, when it was drawn or taken:

- **9.4 bits** its surprisal: −log2 of its raw probability. 1 bit: one chance in two; 10 bits: one in a thousand
- **rank 48** its place in the list then, 1 for the most probable
- **text perplexity 14** over all generated tokens up to here: as surprising as if each had been one of 14 equal choices

Below: the model, where and how it computes, milliseconds for the last step, what it is doing, the last message, and how
many notes there are about the model, which help shows. A long message takes both lines.
"""
_BAR = 12
_LONGEST_MODEL = _LONGEST_HOST = 28
_MS = len("9,999 ms a step")
_RULE = " │ "


class StatusLine(Widget):
    """The numbers above the engine's line; a message that needs both lines has them."""

    HELP = HELP
    COMPONENT_CLASSES: ClassVar[set[str]] = {"status--label", "status--group", "status--loud", "status--live"}
    DEFAULT_CSS = """
    StatusLine {
        height: 2; width: 1fr; padding: 0 1; color: $foreground;
        .status--label { color: $quiet; }
        .status--group { color: $live; }
        .status--loud { color: $cut; }
        .status--live { color: $live; text-style: bold; }
        &:nocolor .status--group { text-style: bold; }
    }
    """

    opened: reactive[Opened | None] = reactive[Opened | None](None)
    host: reactive[str] = reactive("")
    """The machine the engine runs on; '' if it is not to be shown."""
    viewed: reactive[Viewed | None] = reactive[Viewed | None](None)
    node: reactive[Node | None] = reactive[Node | None](None)
    """The node before the cursor."""
    perplexity: reactive[float | None] = reactive[float | None](None)
    """Perplexity of the generated tokens up to the cursor (the function `perplexity`)."""
    running: reactive[str] = reactive("")
    """What the engine is doing; '' if it is idle."""
    progress: reactive[Progress | None] = reactive[Progress | None](None)
    message: reactive[str] = reactive("")

    def render(self) -> RenderResult:
        """Draw the numbers and the engine's line; or over both lines what is said, if one is too short for it."""
        room, said, notes = self.size.width, self._said(), self._notes()
        line = self._quiet(" · ").join([text for text in (said, notes) if text.cell_len])
        if line.cell_len > room or (self.size.height < 2 and line.cell_len):
            return self._over_all_lines(said, notes, room)
        numbers = self._numbers_line(room)
        return numbers if self.size.height < 2 else Text("\n").join([numbers, self._engine_line(line, room)])

    # The numbers

    def _numbers_line(self, room: int) -> Text:
        """Both groups; the second one stays in its place while a slider moves, if there is room for that."""
        parts = [*next_parts(self.viewed), *last_parts(self.node, self.perplexity)]
        coming, last = grouped(fitting(parts, room, NUMBERS_DROPPED_FIRST, _width_of_groups))
        texts = [self._group(NEXT, coming), self._group(LAST, last)]
        if self.viewed is not None and coming and last:
            spare = room - _width_of_groups([*coming, *last])
            texts[0].append(" " * max(0, min(spare, places_left(coming, self.viewed.vocabulary))))
        return self._quiet(_RULE).join([text for text in texts if text.cell_len])

    def _group(self, label: str, parts: Sequence[Part]) -> Text:
        return Text.assemble(self._styled(label, "group"), self._joined(parts)) if parts else Text()

    # The engine

    def engine(self) -> list[Part]:
        """The open model, its backend, device and dtype, the host, and the time of the last step."""
        if self.opened is None:
            return []
        model = printable(self.opened.model, space=" ")
        name = model if len(model) <= _LONGEST_MODEL else "…" + model[1 - _LONGEST_MODEL :]
        host = printable(self.host, space=" ") if self.host else ""
        short = host if len(host) <= _LONGEST_HOST else host[: _LONGEST_HOST - 1] + "…"
        backend = self.opened.backend if self.opened.backend != "transformers" else ""
        device = "" if backend else self.opened.device  # which device a server computes on is not known
        facts = [
            Part("model", "", name),
            Part("host", "on ", short),
            Part("backend", "", printable(backend, space=" ") if backend else ""),
            Part("device", "", printable(device, space=" ") if device else ""),
            Part("dtype", "", printable(self.opened.dtype, space=" ") if self.opened.dtype else ""),
            Part("trusted", "", "its code is trusted" if self.opened.trusted else ""),
        ]
        return [*(fact for fact in facts if fact.value), *self._time()]

    def _time(self) -> Iterable[Part]:
        """The milliseconds of the last step, in a steady width, if there was one."""
        if self.node is not None and math.isfinite(self.node.ms):
            yield Part("ms", "", f"{figure(self.node.ms)} ms a step".ljust(_MS))

    def _engine_line(self, state: Text, room: int) -> Text:
        """The facts, as far as there is room for them beside the state, and the state."""
        room -= state.cell_len + len(_RULE) if state.cell_len else 0
        facts = self._joined(fitting(self.engine(), room, FACTS_DROPPED_FIRST))
        return self._quiet(_RULE).join([text for text in (facts, state) if text.cell_len])

    # What is said

    def _said(self) -> Text:
        """What is under way, and the message."""
        busy = self.running and self.progress is None  # the progress names its stage, which says more
        parts = [self._styled(self.running, "live")] if busy else []
        parts += [self._progress(self.progress)] if self.progress is not None else []
        parts += [Text(printable(self.message, space=" "))] if self.message else []
        return self._quiet(" · ").join(parts) if parts else Text()

    def _notes(self) -> Text:
        """How many notes there are about the model."""
        count = len(self.opened.notes) if self.opened is not None else 0
        return self._styled(f"{count} note{'s' * (count > 1)}", "loud") if count else Text()

    def _over_all_lines(self, said: Text, notes: Text, room: int) -> Text:
        """What is said, wrapped into the widget's lines with the notes at the end; the rest becomes an ellipsis."""
        lines = list(said.wrap(self.app.console, max(1, room))) or [Text()]
        first, rest = lines[: self.size.height - 1], lines[self.size.height - 1 :]
        last = Text(" ").join(rest)
        end = Text.assemble(self._quiet(" · ") if last.cell_len else "", notes) if notes.cell_len else notes
        last.truncate(max(1, room - end.cell_len), overflow="ellipsis")
        return Text("\n").join([*first, Text.assemble(last, end)])

    def _progress(self, progress: Progress) -> Text:
        stage = Text(printable(progress.stage, space=" ") + " ")
        if not progress.total:
            unit = printable(progress.unit, space=" ") if progress.unit else ""
            return stage.append(f"{progress.done:,.0f} {unit}" if progress.done else "…")
        share = min(max(progress.done / progress.total, 0.0), 1.0)
        done = round(share * _BAR)
        bar = Text.assemble(self._styled("━" * done, "live"), self._quiet("─" * (_BAR - done)))
        whole = f" of {size(progress.total)}" if progress.unit == "bytes" else ""
        return Text.assemble(stage, bar, f" {math.floor(100 * share):>3} %{whole}")

    # Drawing

    def _joined(self, parts: Sequence[Part]) -> Text:
        line = Text()
        for number, part in enumerate(parts):
            line.append_text(self._quiet((part.after if number else "") + part.label)).append(part.value)
        return line

    def _styled(self, text: str, component: str) -> Text:
        return Text(text, self.get_component_rich_style(f"status--{component}", partial=True))

    def _quiet(self, text: str) -> Text:
        return self._styled(text, "label")


def grouped(parts: Iterable[Part]) -> tuple[list[Part], list[Part]]:
    """The parts about the next token, and those about the last one and the text up to it."""
    parts = list(parts)
    return [part for part in parts if part.name not in OF_LAST], [part for part in parts if part.name in OF_LAST]


def _width_of_groups(parts: Sequence[Part]) -> int:
    """Width of the numbers' line, with the groups' labels and the rule between them."""
    widths = [len(NEXT) + width(group) for group in grouped(parts) if group]
    return sum(widths) + len(_RULE) * (len(widths) - 1)
