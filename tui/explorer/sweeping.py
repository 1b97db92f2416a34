"""Measures accuracy against diversity over a grid of settings: one sweep for each prompt, one under way at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec

from tui.client.client import EngineFailed
from tui.core.grid import Measured, Sweep
from tui.core.story import Story
from tui.errors import InputError
from tui.explorer.explorer import Explorer
from tui.explorer.state import prompt_end
from tui.explorer.status import EngineStatus
from tui.explorer.sweep_run import Draft, Phase, SweepRun
from tui.protocol import Progress

_LOOKS_AGAIN = 0.2
"""Seconds between two looks whether the model is free again."""
_READY = "The trade-off is measured: {sweep} shows it."
_PAUSED = "The trade-off is paused: {sweep} shows it, and goes on."


class Sweeping:
    """Starts, pauses and gives up sweeps. A step or prompt that is asked for meanwhile goes first."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._story: Story | None = None
        self._runs: dict[int, SweepRun] = {}
        """The newest sweep of each prompt of this story, by the prompt's last node."""
        self._now: SweepRun | None = None
        """The sweep that was begun or gone on with last."""
        self.draft = Draft()
        """What was written in the form last."""
        self.watcher: Callable[[], None] | None = None
        """Called when something is known of a sweep; None while no screen shows it."""
        explorer.engine.make_way = self._make_way
        explorer.stoppers.append(self._stop)

    # -- which sweep ---------------------------------------------------------------------------------------------

    @property
    def at(self) -> int:
        """The last node of the prompt on screen."""
        return prompt_end(self._explorer.picture.branch)

    @property
    def prompt(self) -> list[bytes]:
        """The tokens of the prompt on screen."""
        return [node.piece for node in self._explorer.story.path(self.at)]

    @property
    def run(self) -> SweepRun | None:
        """The newest sweep of the prompt on screen."""
        return self._runs_here().get(self.at)

    def _runs_here(self) -> dict[int, SweepRun]:
        """The sweeps of this story; those of another model's are forgotten."""
        if self._story is not self._explorer.story:
            self._story, self._runs = self._explorer.story, {}
        return self._runs

    def plan(self, draft: Draft) -> Sweep:
        """The sweep of the prompt on screen that this would be. InputError for what is no sweep."""
        return draft.sweep(self.at, self._explorer.state.given)

    # -- its course ----------------------------------------------------------------------------------------------

    def begin(self, draft: Draft) -> SweepRun:
        """Start a sweep of the prompt on screen, in place of the one before. InputError for what is no sweep."""
        run = SweepRun(self.plan(draft), self._explorer.story)
        self.draft = draft
        self._runs_here()[self.at] = run
        self.go_on(run)
        return run

    def go_on(self, run: SweepRun) -> None:
        """Measure the settings that are not measured yet; a sweep of another prompt that is under way is paused."""
        if self._now is not None and self._now is not run:
            self.pause(self._now)
        self._now, run.phase, run.why = run, Phase.RUNNING, ""
        self._ask(run)

    def pause(self, run: SweepRun) -> None:
        """Stop after the next forward; the setting under way is measured anew when it goes on."""
        self._end(run, Phase.PAUSED)

    def give_up(self, run: SweepRun) -> None:
        """Measure no more settings; those that are measured stay."""
        self._end(run, Phase.GIVEN_UP)

    def _end(self, run: SweepRun, phase: Phase) -> None:
        if run.phase in (Phase.RUNNING, Phase.PAUSED):
            run.phase = phase
            self._interrupt(run)
            self._tell()

    def _interrupt(self, run: SweepRun) -> None:
        if run.asked and run.story is self._explorer.story:
            self._explorer.engine.stop()

    def _make_way(self) -> None:
        """Something else is asked of the model: the sweep lets it go first, and goes on by itself."""
        if self._now is not None and self._now.phase is Phase.RUNNING:
            self._interrupt(self._now)

    def _stop(self) -> bool:
        """Pause the sweep under way; False if there is none."""
        if self._now is None or self._now.phase is not Phase.RUNNING:
            return False
        self.pause(self._now)
        self._explorer.say(self._explorer.phrase(_PAUSED))
        return True

    # -- what the engine tells -----------------------------------------------------------------------------------

    def _ask(self, run: SweepRun) -> None:
        """Ask for the rest of a sweep as soon as the model has nothing else to do."""
        if run.phase is not Phase.RUNNING or run.asked or run.story is not self._explorer.story:
            return
        if self._explorer.state.status is not EngineStatus.IDLE:
            self._explorer.display.later(_LOOKS_AGAIN, partial(self._ask, run))
        else:
            run.begin()
            rest = msgspec.structs.replace(run.sweep, finished=len(run.rows))
            self._explorer.engine.job(
                "sweep", msgspec.to_builtins(rest), partial(self._part, run), partial(self._progress, run),
                partial(self._ended, run),
            )  # fmt: skip
        self._tell()

    def _part(self, run: SweepRun, part: dict[str, object]) -> None:
        try:
            run.take(part)
        except InputError as error:
            self.pause(run)
            run.why = self._explorer.words(error)
        self._tell()

    def _progress(self, run: SweepRun, progress: Progress) -> None:
        run.progress = progress
        self._tell()

    def _ended(self, run: SweepRun, result: dict[str, object] | EngineFailed) -> None:
        run.asked, run.progress = False, None
        if not isinstance(result, EngineFailed):
            self._done(run, result)
        elif result.kind == "stopped":  # by whom it was stopped the phase tells
            self._ask(run)
        elif run.phase is Phase.RUNNING:
            run.phase, run.why = Phase.PAUSED, self._explorer.words(result)
            if self.watcher is None and result.kind not in ("lost", "closed"):
                self._explorer.fail(f"The trade-off is paused. {run.why}")
        self._tell()

    def _done(self, run: SweepRun, result: dict[str, object]) -> None:
        notes = result.get("notes")
        run.notes = [f"{note:.200}" for note in notes] if isinstance(notes, list) else []
        if run.phase is Phase.RUNNING:
            run.phase = Phase.DONE
            if self.watcher is None:
                self._explorer.say(self._explorer.phrase(_READY))

    def _tell(self) -> None:
        """Show what is known now, on the screen of sweeps or in the status line."""
        if self.watcher is not None:
            self.watcher()
        now = self._now
        beside = ""
        if now is not None and now.phase is Phase.RUNNING and now.story is self._explorer.story:
            beside = f"trade-off: {len(now.rows)} of {now.settings}"
        if beside != self._explorer.picture.beside:
            self._explorer.change(beside=beside)

    # -- what becomes of it --------------------------------------------------------------------------------------

    def use(self, run: SweepRun, row: Measured, index: int) -> None:
        """Go to the prompt's end with a row's settings and the seed of one of its continuations; can be undone."""
        explorer = self._explorer
        if run.story is not explorer.story:
            return
        explorer.record("the settings of the trade-off")
        state = explorer.state.visit(explorer.story, run.sweep.at)
        explorer.go(state.replace_given(run.given(row)).with_seed(row.seed + index))
        explorer.say(explorer.phrase(f"{run.label(row)}, seed {row.seed + index}: {{run}} draws this text here."))
