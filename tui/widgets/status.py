"""The status line: numbers of the view on screen, then model and engine; each number has a fixed width."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import RenderResult
from textual.reactive import reactive
from textual.widget import Widget

from tui.core.printable import printable
from tui.core.story import Node
from tui.protocol import Opened, Progress, Viewed
from tui.widgets.figures import Part, distribution_parts, figure, text_parts

DROPPED_FIRST = (
    "dtype",
    "device",
    "effective",
    "perplexity",
    "ms",
    "mass",
    "surprisal",
    "host",
    "backend",
    "model",
    "kept",
    "unseen",
    "entropy",
)
"""Parts dropped, in this order, as the line gets narrower."""
SO_FAR = ("surprisal", "perplexity")
"""Parts about the tokens before the cursor; all other numbers are about the next token."""
_BAR = 12
_LONGEST_MODEL = _LONGEST_HOST = 28


def fitting(parts: Sequence[Part], width: int) -> list[Part]:
    """The parts that fit into `width` cells, in their order; parts are dropped in the order of `DROPPED_FIRST`."""
    kept = list(parts)
    for name in DROPPED_FIRST:
        if sum(part.width for part in kept) - 3 <= width:
            break
        kept = [part for part in kept if part.name != name]
    return kept


class StatusLine(Widget):
    """The view's numbers above the engine's line, or both in one line if the widget is one line high."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"status--label", "status--loud", "status--live"}
    DEFAULT_CSS = """
    StatusLine {
        height: 2; width: 1fr; padding: 0 1; color: $foreground;
        .status--label { color: $quiet; }
        .status--loud { color: $cut; }
        .status--live { color: $live; text-style: bold; }
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
        """Draw two lines, or one."""
        width = self.size.width
        if self.size.height > 1:
            return Text("\n").join([self._numbers_line(width), self._engine_line(width)])
        state = self._state()
        if not state.cell_len:
            return self._numbers_line(width)
        state.truncate(max(width // 2, width - 30), overflow="ellipsis")
        room = width - state.cell_len - 3
        numbers = self._numbers_line(room)
        return Text.assemble(state, self._quiet(" │ "), numbers) if numbers.cell_len else state

    # The view's numbers

    def numbers(self) -> list[Part]:
        """The numbers of the view on screen, and those of the tokens before the cursor."""
        return [*distribution_parts(self.viewed), *text_parts(self.node, self.perplexity)]

    def _numbers_line(self, width: int) -> Text:
        parts = fitting(self.numbers(), width)
        groups = [[part for part in parts if (part.name in SO_FAR) is so_far] for so_far in (False, True)]
        return self._quiet(" │ ").join([self._joined(group) for group in groups if group])

    # The engine

    def engine(self) -> list[Part]:
        """The open model, its backend, device and dtype, the host, and the time per step."""
        if self.opened is None:
            return []
        model = printable(self.opened.model, space=" ")
        name = model if len(model) <= _LONGEST_MODEL else "…" + model[1 - _LONGEST_MODEL :]
        parts = [("model", name), ("device", self.opened.device), ("dtype", self.opened.dtype)]
        if self.opened.backend != "transformers":
            parts.insert(1, ("backend", self.opened.backend))
        if self.opened.trusted:
            parts.append(("trusted", "its code is trusted"))
        known = [Part(what, "", printable(text, space=" ")) for what, text in parts if text]
        if self.host:
            host = printable(self.host, space=" ")
            short = host if len(host) <= _LONGEST_HOST else host[: _LONGEST_HOST - 1] + "…"
            known.insert(1, Part("host", "on ", short))
        return [*known, Part("ms", "", f"{figure(self.node.ms if self.node else None, 5)} ms a step")]

    def _engine_line(self, width: int) -> Text:
        state = self._state()
        room = width - min(state.cell_len, width * 3 // 4) - 3 if state.cell_len else width
        line = self._joined(fitting(self.engine(), room))
        if state.cell_len:
            separator = self._quiet(" │ ") if line.cell_len else Text()
            state.truncate(max(1, width - line.cell_len - separator.cell_len), overflow="ellipsis")
            line = Text.assemble(line, separator, state)
        return line

    def _state(self) -> Text:
        """What is under way, the message, and how many notes there are about the model."""
        busy = self.running and self.progress is None  # the progress names its stage, which says more
        parts = [self._styled(self.running, "live")] if busy else []
        parts += [self._progress(self.progress)] if self.progress is not None else []
        parts += [Text(printable(self.message, space=" "))] if self.message else []
        if self.opened is not None and self.opened.notes:
            count = len(self.opened.notes)
            parts.append(self._styled(f"{count} note{'s' * (count > 1)}", "loud"))
        return self._quiet(" · ").join(parts) if parts else Text()

    def _progress(self, progress: Progress) -> Text:
        stage = Text(printable(progress.stage, space=" ") + " ")
        if not progress.total:
            unit = printable(progress.unit, space=" ") if progress.unit else ""
            return stage.append(f"{progress.done:,.0f} {unit}" if progress.done else "…")
        share = min(max(progress.done / progress.total, 0.0), 1.0)
        done = round(share * _BAR)
        bar = Text.assemble(self._styled("━" * done, "live"), self._quiet("─" * (_BAR - done)))
        return Text.assemble(stage, bar, f" {math.floor(100 * share):>3} %")

    # Drawing

    def _joined(self, parts: Sequence[Part]) -> Text:
        return self._quiet(" · ").join([Text.assemble(self._quiet(part.label), part.value) for part in parts])

    def _styled(self, text: str, component: str) -> Text:
        return Text(text, self.get_component_rich_style(f"status--{component}", partial=True))

    def _quiet(self, text: str) -> Text:
        return self._styled(text, "label")
