"""One sweep of the grid that a person wrote: its settings, what is measured of them, and how fast that goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import msgspec

from tui.core.grid import Measured, Sweep, check, parse_grid, varied
from tui.core.labels import in_words
from tui.core.settings import DEFAULT_SEED, Given
from tui.core.stages import MAX_NEW_TOKENS
from tui.core.story import Story
from tui.errors import InputError
from tui.protocol import Progress

POST_GRID = "temperature=0.5,0.7,1,1.5,2"
"""The temperatures whose effect the blog post describes, and some between them."""
_LENGTH = MAX_NEW_TOKENS.name
_WORST_LOGPROB = -1e6
_MOST_BITS = 64


class Draft(NamedTuple):
    """A sweep as written in the form."""

    grid: str = POST_GRID
    """A line for each parameter, as the command line has it: `temperature=0.5,1,2`."""
    samples: str = "32"
    length: str = "64"
    """How many tokens each continuation has."""
    seed: str = str(DEFAULT_SEED)

    def sweep(self, at: int, given: Given) -> Sweep:
        """The sweep of the prompt that node `at` belongs to. InputError for what is no sweep, in the form's words.

        A parameter of the grid takes the grid's values, whatever is `given`.
        """
        grid = parse_grid(line for line in self.grid.splitlines() if line.strip())
        samples, length = _count("continuations", self.samples), _count("tokens each", self.length)
        same = {name: value for name, value in given.items() if name not in grid} | {_LENGTH: length}
        sweep = Sweep(at=at, grid=grid, given=same, seed=_whole("seed", self.seed), samples=samples)
        check(sweep)
        return sweep


def _count(what: str, text: str) -> int:
    if (number := _whole(what, text)) < 1:
        raise InputError(f"{what.capitalize()}: at least 1, not {number}.")
    return number


def _whole(what: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(f"{what.capitalize()}: {text!r:.40} is no whole number.") from None


class Phase(StrEnum):
    """What becomes of a sweep."""

    RUNNING = "running"
    PAUSED = "paused"
    GIVEN_UP = "given up"
    DONE = "done"


@dataclass(eq=False)
class SweepRun:
    """A sweep, and what is known of it so far."""

    sweep: Sweep
    story: Story
    """The story that has its prompt."""
    phase: Phase = Phase.RUNNING
    asked: bool = False
    """True while the engine has a job of it, which may be about to end."""
    why: str = ""
    """Why it is paused, where no person asked for that."""
    rows: list[Measured] = field(default_factory=list)
    """The settings that are measured, in the order of the grid."""
    notes: list[str] = field(default_factory=list)
    """What a person may not expect of it, once it is done."""
    progress: Progress | None = None
    """How far the setting under way is."""
    clock: Callable[[], float] = time.monotonic
    _since: tuple[float, float] = 0.0, 0.0
    """When the engine began the job under way, and how many tokens there were then."""

    @property
    def settings(self) -> int:
        """How many settings the grid has."""
        return len(self.sweep)

    @property
    def setting_tokens(self) -> int:
        """How many tokens a setting has, if no continuation ends before."""
        return self.sweep.samples * int(self.sweep.given[_LENGTH] or 0)

    @property
    def tokens(self) -> float:
        """How many tokens there are so far; those of a setting that is measured count as all of its tokens."""
        return len(self.rows) * self.setting_tokens + self._under_way

    @property
    def _under_way(self) -> float:
        progress = self.progress
        if progress is None:
            return 0.0
        return min(progress.done, self.setting_tokens) if progress.unit == "tokens" else self.setting_tokens

    def begin(self) -> None:
        """The engine is asked for the settings that are not measured yet."""
        self.phase, self.asked, self.why, self.progress = Phase.RUNNING, True, "", None
        self._since = self.clock(), self.tokens

    @property
    def speed(self) -> float | None:
        """Tokens a second of the job under way; None where that is not known yet."""
        began, before = self._since
        seconds = self.clock() - began
        return (self.tokens - before) / seconds if self.asked and seconds > 0 and self.tokens > before else None

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at this speed; None where that is not known yet."""
        speed = self.speed
        return None if speed is None else (self.settings * self.setting_tokens - self.tokens) / speed

    def take(self, part: dict[str, object]) -> None:
        """Add the measures of the next setting. InputError for what cannot be measures of it."""
        try:
            row = msgspec.convert(part, Measured)
        except msgspec.ValidationError as error:
            raise InputError(f"The engine sent no measures: {error}.") from None
        if row.number != len(self.rows) or not _plausible(row, self.sweep):
            raise InputError("The engine sent measures that cannot be.")
        self.rows.append(row)
        self.progress = None

    def label(self, row: Measured) -> str:
        """What tells a setting from the others, in words: `temperature 0.50 · top-p 0.90`."""
        return in_words({name: row.settings[name].value for name in self.varied})

    @property
    def varied(self) -> list[str]:
        """The parameters that the settings differ in."""
        return varied(self.sweep.grid)

    def given(self, row: Measured) -> Given:
        """The settings of one row, as a person would give them."""
        return dict(list(self.sweep.settings())[row.number])


def _plausible(row: Measured, sweep: Sweep) -> bool:
    """True if measures are numbers, or not known, and of this sweep; an engine may be another program."""
    shares = (row.distinct_1, row.distinct_2, row.distinct_3, row.self_bleu_4, row.repetition_4, row.looping)
    return (
        set(sweep.grid) <= set(row.settings)
        and not any(value < 0 or value > 1 for value in shares)
        and not (row.mean_logprob < _WORST_LOGPROB or row.mean_logprob > 0)
        and not (row.entropy_bits < 0 or row.entropy_bits > _MOST_BITS)
        and len(row.texts) <= sweep.samples
        and row.seed == sweep.seed
    )
