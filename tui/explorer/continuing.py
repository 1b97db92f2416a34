"""Lets each of several settings continue the text, by a job of the engine; the story stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from tui.client.client import EngineFailed
from tui.core.continuing import CONTINUE, ContinueEach, GrowingText, TextPart
from tui.errors import SamplescopeError
from tui.explorer.engine import ignore
from tui.explorer.explorer import Explorer
from tui.explorer.state import State
from tui.explorer.stepping import FRAME


class Continuing:
    """One job at a time. Its texts grow in place; `changed` is called once per `FRAME` while they do."""

    def __init__(self, explorer: Explorer, changed: Callable[[], None]) -> None:
        self._explorer, self._changed = explorer, changed
        self._under_way: Sequence[GrowingText] = ()
        """The texts of the job under way; empty if there is none."""
        self._due = False
        """True if `changed` will be called."""

    @property
    def under_way(self) -> bool:
        """True while texts grow."""
        return bool(self._under_way)

    def begin(self, states: Sequence[State], length: int) -> list[GrowingText]:
        """Continue the text at the first state's cursor under each state's settings; what was under way is stopped.

        InputError for a length out of range.
        """
        given = [state.given for state in states]
        asked = ContinueEach(at=states[0].cursor, given=given, seed=states[0].seed, length=length)
        asked.check()
        self.stop()
        self._explorer.engine.make_way()
        texts = self._under_way = [GrowingText(length) for _ in states]
        self._explorer.engine.job(
            CONTINUE, msgspec.to_builtins(asked),
            lambda part: self._told(texts, part), ignore, partial(self._ended, texts),
        )  # fmt: skip
        return texts

    def stop(self) -> bool:
        """Stop what is under way, and let the texts be as they are; False if nothing was."""
        texts, self._under_way = self._under_way, ()
        for text in texts:
            text.reason = text.reason or "stopped"
        if texts:
            self._explorer.engine.stop()
        return bool(texts)

    # -- what the engine tells -----------------------------------------------------------------------------------

    def _told(self, texts: Sequence[GrowingText], told: dict[str, object]) -> None:
        part = msgspec.convert(told, TextPart)
        if texts is not self._under_way:
            return
        if not 0 <= part.text < len(texts):
            raise ValueError(f"a part of text {part.text} of {len(texts)}")
        texts[part.text].add(part)
        if part.message:
            texts[part.text].problem = self._explorer.words(SamplescopeError(part.message, part.remedy))
        if not self._due:
            self._due = True
            self._explorer.display.later(FRAME, self._show)

    def _show(self) -> None:
        self._due = False
        self._changed()

    def _ended(self, texts: Sequence[GrowingText], answer: dict[str, object] | EngineFailed) -> None:
        """The job is over; where it has failed as a whole, the texts that had not ended will not."""
        for text in texts:
            if isinstance(answer, EngineFailed) and not text.ended:
                text.problem = self._explorer.words(answer)
        if texts is self._under_way:
            self._under_way = ()
            self._changed()
