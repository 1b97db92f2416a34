"""`sweep`: accuracy against diversity, measured for every setting of a grid on continuations of one prompt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from tui.core.grid import Measured, Sweep, check
from tui.core.progress import Report, Tell, paced, stoppable
from tui.core.settings import Given, Settings
from tui.engine.engine import Engine
from tui.engine.places import Path
from tui.errors import InputError, StoppedError
from tui.experiments import self_bleu
from tui.experiments.continuations import Task, Writer
from tui.experiments.measures import measured
from tui.experiments.run import interruptible, start
from tui.launch import LaunchOptions

ONE_BY_ONE = "this model continues one text at a time: its continuations are no batch"


class Run:
    """A sweep on an open model. It is made once all settings are known to be good."""

    def __init__(self, engine: Engine, sweep: Sweep, report: Report) -> None:
        """InputError for a sweep that cannot be run. The prompt is read here."""
        check(sweep)
        if sweep.at not in engine.story:
            raise InputError(f"There is no node {sweep.at}.", "Send a prompt first.")
        self._engine, self._sweep = engine, sweep
        self._settings = [(given, engine.settings(given)) for given in sweep.settings()]
        path = Path(engine.story.path(sweep.at))
        self._prompt = Path(path.nodes[: path.prompt])
        self._writer = Writer(engine.model, self._prompt.ids, sweep.batch, report)

    @property
    def notes(self) -> list[str]:
        """What a person may not expect of this sweep, in one line each."""
        missing = [] if self_bleu.available() else [self_bleu.MISSING]
        return [*missing, *([ONE_BY_ONE] if self._writer.one_by_one else [])]

    def measured(self, report: Report) -> Iterator[Measured]:
        """The measures of each setting that is not finished yet, as soon as they are known."""
        for number in range(self._sweep.finished, len(self._settings)):
            yield self._measure(number, *self._settings[number], report)

    def _measure(self, number: int, given: Given, settings: Settings, report: Report) -> Measured:
        engine, sweep = self._engine, self._sweep
        reference = engine.model.reference
        processors = {} if reference is None else reference.model_processors(self._prompt.ids, given)
        task = Task(engine.model, engine.decide, self._prompt, settings, processors)
        where = f"setting {number + 1} of {len(self._settings)}"

        def placed(_stage: str, done: float, total: float | None, unit: str) -> None:
            report(where, done, total, unit)

        texts = self._writer.write(task, range(sweep.seed, sweep.seed + sweep.samples), placed)
        return measured(number, settings, texts, placed, keep=sweep.texts)


def sweep_job(engine: Engine, parameters: Mapping[str, Any], report: Report, tell: Tell) -> dict[str, object]:
    """The experiment `sweep` on an open model; its parameters are those of `Sweep`. It tells a `Measured` a setting.

    The result has the `notes`, and how many settings there are (`settings`).
    """
    try:
        sweep = msgspec.convert(parameters, Sweep)
    except msgspec.ValidationError as error:
        raise InputError(f"This is no sweep: {error}.") from None
    report = paced(report)
    run = Run(engine, sweep, report)
    for one in run.measured(report):
        tell(msgspec.to_builtins(one))
    return {"settings": len(sweep), "notes": run.notes}


def sweep_on(options: LaunchOptions, sweep: Sweep, report: Report) -> tuple[Sequence[str], Iterator[Measured]]:
    """(notes, the measures of each setting) on the model and prompt that `options` name. InputError comes at once.

    Ctrl-C raises KeyboardInterrupt between two forwards, never while a line is written.
    """
    engine, prompted = start(options, report)
    at = prompted.nodes[-1].id
    run = Run(engine, msgspec.structs.replace(sweep, at=at, given=options.given, seed=options.seed), report)
    return [*engine.model.info.notes, *prompted.notes, *run.notes], _until_interrupted(engine, run, report)


def _until_interrupted(engine: Engine, run: Run, report: Report) -> Iterator[Measured]:
    with interruptible(engine) as interrupted:
        try:
            yield from run.measured(paced(stoppable(interrupted.is_set, "The sweep", report)))
        except StoppedError:
            raise KeyboardInterrupt from None
